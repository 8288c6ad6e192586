package main

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/lanewise/lanewise/mlp"
)

type exportCommand struct {
	Model      path   `required:"" placeholder:"FILE" help:"Network saved by train --out, or FILE.npz with weights as Keras' get_weights gives them."`
	Out        path   `required:"" placeholder:"FILE" help:"File to write: .onnx, .npz or .safetensors (without the state of training)."`
	Activation string `default:"sigmoid" enum:"${activations}" placeholder:"NAME" help:"For npz: activation of the hidden layers, one of ${enum} (default: ${default})."`
	Output     string `default:"softmax" enum:"${outputs}" placeholder:"NAME" help:"For npz: activation of the output layer, one of ${enum} (default: ${default})."`
}

func (*exportCommand) Help() string {
	return `Examples:

  mlp export --model net.safetensors --out net.onnx
  mlp export --model keras.npz --activation relu --out net.safetensors

ONNX takes samples as they are before scaling, which is part of it; pixels are in [0, 1],
divided by what mlp inspect tells. An npz file has the weights in the order of Keras'
set_weights and nothing else.`
}

func (c *exportCommand) run(_ context.Context, out *output) error {
	if err := checkOut(c.Out); err != nil {
		return err
	}
	net, err := c.load()
	if err != nil {
		return err
	}
	if err := net.Export(string(c.Out)); err != nil {
		return err
	}
	out.printf("%s: %s\n", c.Out, describe(net))
	return nil
}

func (c *exportCommand) load() (*network, error) {
	if !strings.EqualFold(filepath.Ext(string(c.Model)), ".npz") {
		return mlp.Load[float32](string(c.Model))
	}
	hidden, err := mlp.ActivationByName[float32](c.Activation)
	if err != nil {
		return nil, err
	}
	output, err := mlp.ActivationByName[float32](c.Output)
	if err != nil {
		return nil, err
	}
	cost := mlp.Square[float32]()
	switch c.Output {
	case "softmax":
		cost = mlp.CrossEntropy[float32]()
	case "sigmoid":
		cost = mlp.BinaryCrossEntropy[float32]()
	}
	return mlp.LoadNPZ(string(c.Model), hidden, output, cost)
}
