package mlp

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/lanewise/lanewise/blas"
	"github.com/lanewise/lanewise/mlp/dataset"
)

// metadata returns what a model file says beside its tensors. What a network does
// not have, it does not mention.
func (m *MLP[T]) metadata(s *State[T]) (meta map[string]string, err error) {
	toJSON := func(v any) string {
		text, problem := json.Marshal(v)
		if problem != nil && err == nil {
			err = fmt.Errorf("%s: %w", metadataKey, problem)
		}
		return string(text)
	}
	var gs []string
	for _, l := range m.Layers {
		gs = append(gs, l.Activation.Name)
	}
	meta = map[string]string{
		"activations":   strings.Join(gs, ","),
		"cost":          m.Cost.Name,
		"input_divisor": formatFloat(m.InputDivisor),
	}
	for key, names := range m.names() {
		if *names != nil {
			meta[key] = toJSON(*names)
		}
	}
	for key, scaling := range m.scalings() {
		if !scaling.IsNone() {
			meta[key] = scaling.Rule
			meta[key+"_shift"] = toJSON(scaling.Shift)
			meta[key+"_scale"] = toJSON(scaling.Scale)
		}
	}
	if s != nil {
		var buffers []string
		for _, b := range s.Buffers {
			if strings.Contains(b.Name, ",") || slices.Contains(buffers, b.Name) {
				return nil, inMetadata(statePrefix+"buffers", fmt.Errorf("%.40q: expected names without commas, each once", b.Name))
			}
			buffers = append(buffers, b.Name)
		}
		meta[statePrefix+"optimizer"] = s.Optimizer
		meta[statePrefix+"epoch"] = strconv.Itoa(s.Epoch)
		meta[statePrefix+"step"] = strconv.Itoa(s.Step)
		meta[statePrefix+"best_epoch"] = strconv.Itoa(s.BestEpoch)
		meta[statePrefix+"best_cost"] = formatFloat(s.BestCost)
		meta[statePrefix+"buffers"] = strings.Join(buffers, ",")
		if s.Settings != nil {
			meta[statePrefix+"settings"] = toJSON(s.Settings)
		}
	}
	return meta, err
}

// names returns the lists of names in the schema by their keys.
func (m *MLP[T]) names() map[string]*[]string {
	return map[string]*[]string{"feature_names": &m.Schema.FeatureNames, "class_names": &m.Schema.ClassNames, "target_names": &m.Schema.TargetNames}
}

// scalings returns the scalings in the schema by their keys.
func (m *MLP[T]) scalings() map[string]*dataset.Scaling {
	return map[string]*dataset.Scaling{"input_scaling": &m.Schema.InputScaling, "target_scaling": &m.Schema.TargetScaling}
}

// formatFloat writes v so that reading gives the same bits.
func formatFloat(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// network returns the network of these units that metadata speak of, with
// parameters of 0.
func network[T blas.Float](metadata map[string]string, units []int) (*MLP[T], error) {
	d, gs, err := described[T](metadata, units)
	if err != nil {
		return nil, err
	}
	net, err := build(units, gs, d.Cost)
	if err != nil {
		return nil, err
	}
	net.InputDivisor, net.Schema = d.InputDivisor, d.Schema
	return net, nil
}

// described returns cost, divisor and schema of that network, without layers, and its activations.
func described[T blas.Float](metadata map[string]string, units []int) (net *MLP[T], gs []Activation[T], err error) {
	if metadata == nil {
		return nil, nil, fmt.Errorf("%s: expected activations, cost and input_divisor", metadataKey)
	}
	names := strings.Split(metadata["activations"], ",")
	layers := len(units) - 1
	if len(names) != layers {
		return nil, nil, inMetadata("activations", fmt.Errorf("%.80q: expected %d names, one for each layer", metadata["activations"], layers))
	}
	gs = make([]Activation[T], layers)
	for i, name := range names {
		if gs[i], err = findActivation[T](name); err != nil {
			return nil, nil, inMetadata("activations", err)
		}
	}
	cost, err := findCost[T](metadata["cost"])
	if err != nil {
		return nil, nil, inMetadata("cost", err)
	}
	divisor, err := strconv.ParseFloat(metadata["input_divisor"], 64)
	if err != nil || !(divisor >= 0) || math.IsInf(divisor, 0) {
		return nil, nil, inMetadata("input_divisor", fmt.Errorf("%.40q: expected a number of at least 0", metadata["input_divisor"]))
	}
	net = &MLP[T]{Cost: cost, InputDivisor: divisor}

	outputs := units[layers]
	for key, names := range net.names() {
		text, ok := metadata[key]
		if !ok {
			continue
		}
		n := map[string]int{"feature_names": units[0], "class_names": max(2, outputs), "target_names": outputs}[key]
		if err := json.Unmarshal([]byte(text), names); err != nil || len(*names) != n {
			return nil, nil, inMetadata(key, fmt.Errorf("%.40q: expected a list of %d texts", text, n))
		}
	}
	for key, scaling := range net.scalings() {
		rule, ok := metadata[key]
		if !ok {
			continue
		}
		if !slices.Contains(dataset.ScalingRules(), rule) || rule == dataset.ScaleNone {
			return nil, nil, inMetadata(key, fmt.Errorf("%.40q: expected one of %s", rule, strings.Join(dataset.ScalingRules()[1:], ", ")))
		}
		scaling.Rule = rule
		n := map[string]int{"input_scaling": units[0], "target_scaling": outputs}[key]
		for part, values := range map[string]*[]float64{"_shift": &scaling.Shift, "_scale": &scaling.Scale} {
			text := metadata[key+part]
			if err := json.Unmarshal([]byte(text), values); err != nil || len(*values) != n {
				return nil, nil, inMetadata(key+part, fmt.Errorf("%.40q: expected a list of %d numbers", text, n))
			}
		}
		if i := slices.Index(scaling.Scale, 0); i >= 0 {
			return nil, nil, inMetadata(key+"_scale", fmt.Errorf("0 in place %d: expected other numbers", i))
		}
	}
	return net, gs, nil
}

func inMetadata(key string, err error) error {
	return fmt.Errorf("%s: %s: %w", metadataKey, key, err)
}

// stateOf returns the state of training in a header, for a network of so many
// parameters, with values of 0; nil if there is none.
func stateOf[T blas.Float](h *header, params int) (*State[T], error) {
	text := func(key string) string { return h.metadata[statePrefix+key] }
	s := &State[T]{Optimizer: text("optimizer")}
	if _, ok := h.metadata[statePrefix+"optimizer"]; !ok {
		for _, key := range h.byOffset {
			if strings.HasPrefix(key, statePrefix) {
				return nil, inMetadata(statePrefix+"optimizer", fmt.Errorf("expected it with the tensor %.40q", key))
			}
		}
		return nil, nil
	}
	for key, n := range map[string]*int{"epoch": &s.Epoch, "step": &s.Step, "best_epoch": &s.BestEpoch} {
		v, err := strconv.Atoi(text(key))
		if err != nil || v < 0 {
			return nil, inMetadata(statePrefix+key, fmt.Errorf("%.40q: expected a whole number of at least 0", text(key)))
		}
		*n = v
	}
	var err error
	if s.BestCost, err = strconv.ParseFloat(text("best_cost"), 64); err != nil {
		return nil, inMetadata(statePrefix+"best_cost", fmt.Errorf("%.40q: expected a number", text("best_cost")))
	}
	if settings := text("settings"); settings != "" {
		if err := json.Unmarshal([]byte(settings), &s.Settings); err != nil {
			return nil, inMetadata(statePrefix+"settings", fmt.Errorf("%.40q: expected an object of texts", settings))
		}
	}

	var names []string
	if text("buffers") != "" {
		names = strings.Split(text("buffers"), ",")
	}
	name, _ := dtype[T]()
	found := 0
	for _, key := range h.byOffset {
		if buffer, ok := strings.CutPrefix(key, statePrefix); ok {
			found++
			if !slices.Contains(names, buffer) {
				return nil, inMetadata(statePrefix+"buffers", fmt.Errorf("%.80q: expected %.40s, a tensor", text("buffers"), buffer))
			}
			t := h.tensors[key]
			if t.DType != name || !slices.Equal(t.Shape, []int{params}) {
				return nil, fmt.Errorf("%.40s: dtype %.20q, shape %d: expected %s and [%d], the network's parameters", key, t.DType, t.Shape, name, params)
			}
		}
	}
	if found != len(names) {
		return nil, inMetadata(statePrefix+"buffers", fmt.Errorf("%.80q: expected %d names, of the tensors that there are", text("buffers"), found))
	}
	for _, name := range names {
		s.Buffers = append(s.Buffers, Buffer[T]{name, make([]T, params)})
	}
	return s, nil
}
