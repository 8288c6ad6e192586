package mlp

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/lanewise/lanewise/blas"
)

// Versions of the format: opset 13 of the operators came with version 7 of the
// model (https://github.com/onnx/onnx, docs/Versioning.md).
const (
	onnxIR    = 7
	onnxOpset = 13
)

// onnxMost is what protobuf allows a message to take.
const onnxMost = 1<<31 - 1

// onnxOperators has the operator of each activation; that of silu is multiplied by z.
var onnxOperators = map[string]string{"sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "Relu", "silu": "Sigmoid", "identity": "Identity", "softmax": "Softmax"}

// Types of elements, TensorProto.DataType.
const (
	onnxFloat  = 1
	onnxDouble = 11
)

// EncodeONNX writes the network as an ONNX model (opset 13) of the input "x"
// (batch × n_0: samples are rows there) and the output "y" (batch × n_L), with any
// number of samples:
//
//	Zˡ = Gemm(Aˡ⁻¹, Wˡ, bˡ; transB = 1)    Aˡ = Sigmoid(Zˡ) …, Softmax(Zˡ; axis = 1)
//
// x is as the data set had it before the Schema's scaling, and y as targets were
// before theirs: that is part of the model, in float64.
//
// It is an error if an activation has no operator, or if the model is larger than
// protobuf allows, 2 GiB.
func (m *MLP[T]) EncodeONNX(w io.Writer) error {
	_, size := dtype[T]()
	if int64(len(m.Params))*int64(size) > onnxMost-maxHeader {
		return fmt.Errorf("mlp: ONNX: %d parameters: expected less than 2 GiB", len(m.Params))
	}
	g := onnxGraph{elem: onnxFloat}
	if size == 8 {
		g.elem = onnxDouble
	}
	g.message(11, onnxValue("x", g.elem, m.Layers[0].Weights.Cols))
	a := "x"
	if s := m.Schema.InputScaling; !s.IsNone() {
		a = g.affine(a, "input", "Sub", "shift", s.Shift, "Div", "scale", s.Scale)
	}
	for i, l := range m.Layers {
		op, ok := onnxOperators[l.Activation.Name]
		if !ok {
			return fmt.Errorf("mlp: ONNX: no operator for activation %s of layer %d", l.Activation.Name, i+1)
		}
		weight, bias := weightKey(i), biasKey(i)
		g.initializer(weight, g.elem, []int{l.Weights.Rows, l.Weights.Cols}, littleEndian(l.Weights.Data))
		g.initializer(bias, g.elem, []int{len(l.Bias)}, littleEndian(l.Bias))
		z := fmt.Sprintf("z%d", i+1)
		g.node("Gemm", []string{a, weight, bias}, z, onnxInt("transB", 1))
		a = fmt.Sprintf("a%d", i+1)
		switch {
		case l.Activation.OutputOnly:
			g.node(op, []string{z}, a, onnxInt("axis", 1))
		case l.Activation.Name == "silu":
			s := fmt.Sprintf("s%d", i+1)
			g.node(op, []string{z}, s)
			g.node("Mul", []string{z, s}, a)
		default:
			g.node(op, []string{z}, a)
		}
	}
	if s := m.Schema.TargetScaling; !s.IsNone() {
		a = g.affine(a, "target", "Mul", "scale", s.Scale, "Add", "shift", s.Shift)
	}
	g.node("Identity", []string{a}, "y")
	g.message(12, onnxValue("y", g.elem, m.Layers[len(m.Layers)-1].Weights.Rows))

	var model protoMessage
	model.int(1, onnxIR)
	model.string(2, "lanewise")
	g.string(2, "mlp")
	model.message(7, g.protoMessage)
	var opset protoMessage
	opset.string(1, "")
	opset.int(2, onnxOpset)
	model.message(8, opset)
	metadata, err := m.metadata(nil)
	if err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		var entry protoMessage
		entry.string(1, key)
		entry.string(2, metadata[key])
		model.message(14, entry)
	}
	_, err = w.Write(model)
	return err
}

// protoMessage is an encoded protobuf message. The numbers of fields below are those
// of onnx.proto.
type protoMessage []byte

func (p *protoMessage) int(field protowire.Number, v int) {
	*p = protowire.AppendVarint(protowire.AppendTag(*p, field, protowire.VarintType), uint64(v))
}

func (p *protoMessage) string(field protowire.Number, v string) { p.message(field, []byte(v)) }

func (p *protoMessage) message(field protowire.Number, v []byte) {
	*p = protowire.AppendBytes(protowire.AppendTag(*p, field, protowire.BytesType), v)
}

// onnxGraph is a GraphProto whose values have elements of type elem.
type onnxGraph struct {
	protoMessage
	elem int
}

// node adds a NodeProto of one output.
func (g *onnxGraph) node(op string, inputs []string, output string, attributes ...protoMessage) {
	var n protoMessage
	for _, in := range inputs {
		n.string(1, in)
	}
	n.string(2, output)
	n.string(3, op+"_"+output)
	n.string(4, op)
	for _, a := range attributes {
		n.message(5, a)
	}
	g.message(1, n)
}

// onnxInt returns an AttributeProto of a whole number.
func onnxInt(name string, v int) protoMessage {
	const typeInt = 2
	var a protoMessage
	a.string(1, name)
	a.int(3, v)
	a.int(20, typeInt)
	return a
}

// initializer adds a TensorProto.
func (g *onnxGraph) initializer(name string, elem int, shape []int, raw []byte) {
	var t protoMessage
	for _, d := range shape {
		t.int(1, d)
	}
	t.int(2, elem)
	t.string(8, name)
	t.message(9, raw)
	g.message(5, t)
}

// onnxValue returns the ValueInfoProto of a matrix with a sample a row.
func onnxValue(name string, elem, cols int) protoMessage {
	var batch, dim, shape, tensor, typ, v protoMessage
	batch.string(2, "batch")
	dim.int(1, cols)
	shape.message(1, batch)
	shape.message(1, dim)
	tensor.int(1, elem)
	tensor.message(2, shape)
	typ.message(1, tensor)
	v.string(1, name)
	v.message(2, typ)
	return v
}

// affine adds (in op1 values1) op2 values2 in float64, and returns its name. Values
// are one a column.
func (g *onnxGraph) affine(in, prefix, op1, name1 string, values1 []float64, op2, name2 string, values2 []float64) string {
	name := func(s string) string { return prefix + "_" + s }
	g.initializer(name(name1), onnxDouble, []int{len(values1)}, littleEndian(values1))
	g.initializer(name(name2), onnxDouble, []int{len(values2)}, littleEndian(values2))
	g.node("Cast", []string{in}, name("raw"), onnxInt("to", onnxDouble))
	g.node(op1, []string{name("raw"), name(name1)}, name(op1))
	g.node(op2, []string{name(op1), name(name2)}, name(op2))
	g.node("Cast", []string{name(op2)}, name("values"), onnxInt("to", g.elem))
	return name("values")
}

func littleEndian[T blas.Float](values []T) []byte {
	var b bytes.Buffer
	writeValues(&b, values) // a Buffer's Write has no error
	return b.Bytes()
}
