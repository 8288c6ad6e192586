package mlp

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lanewise/lanewise/mlp/dataset"
)

// Training that is interrupted, saved, loaded and resumed gives the same bits as
// training straight through, whatever the optimizer remembers.
func TestResumeIsStraightThrough(t *testing.T) {
	train, test := dataset.Digits[float32]()
	scaling, err := dataset.NewScaling(dataset.ScaleStandard, train.Samples)
	if err != nil {
		t.Fatal(err)
	}
	if train, err = train.Scaled(scaling, dataset.Scaling{}); err != nil {
		t.Fatal(err)
	}
	if test, err = test.Scaled(scaling, dataset.Scaling{}); err != nil {
		t.Fatal(err)
	}
	const epochs = 6
	for name, c := range map[string]Trainer[float32]{
		"sgd":                {},
		"momentum":           {Optimizer: Momentum[float32](.9)},
		"adam":               {Optimizer: Adam[float32](.9, .999, 1e-8)},
		"dropout":            {Dropout: .3, L2: 1e-4},
		"patience":           {Patience: 2, LearningRate: ConstantRate(2)},
		"adam with patience": {Optimizer: Adam[float32](.9, .999, 1e-8), Patience: 10, Dropout: .1},
	} {
		t.Run(name, func(t *testing.T) {
			trainer := func(net *MLP[float32]) *Trainer[float32] {
				c := c
				c.Net, c.BatchSize, c.Epochs, c.Seed = net, 64, epochs, 5
				if c.LearningRate == nil {
					c.LearningRate = CosineRate(.01, epochs)
				}
				return &c
			}
			newNet := func() *MLP[float32] {
				net := mustNew(t, []int{64, 20, 10}, Sigmoid[float32](), Softmax[float32](), CrossEntropy[float32](), 5)
				net.Schema = train.Schema
				return net
			}
			straight := trainer(newNet())
			if _, err := straight.Train(context.Background(), train, test); err != nil {
				t.Fatal(err)
			}

			net := newNet()
			path := filepath.Join(t.TempDir(), "net")
			var state *State[float32]
			for range epochs { // stopped after every single one
				ctx, cancel := context.WithCancelCause(context.Background())
				stop := errors.New("stop")
				part := trainer(net)
				part.State = state
				part.Progress = func(Epoch) {
					if err := net.SaveState(path+".within", part.State); err != nil {
						t.Fatal(err)
					}
					cancel(stop)
				}
				if _, err := part.Train(ctx, train, test); err != nil && !errors.Is(err, stop) {
					t.Fatal(err)
				}
				if err := net.SaveState(path, part.State); err != nil {
					t.Fatal(err)
				}
				within, errWithin := os.ReadFile(path + ".within")
				after, errAfter := os.ReadFile(path)
				if err := errors.Join(errWithin, errAfter); err != nil || !bytes.Equal(within, after) {
					t.Fatalf("saved in Progress is another network than saved after Train (%v)", err)
				}
				var err error
				if net, state, err = LoadState[float32](path); err != nil {
					t.Fatal(err)
				}
			}
			if !slices.EqualFunc(net.Params, straight.Net.Params, sameBits[float32]) {
				t.Error("the parameters differ from those of training straight through")
			}
			want := straight.State
			if state.Epoch != want.Epoch || state.Step != want.Step || state.BestEpoch != want.BestEpoch || !sameBits(state.BestCost, want.BestCost) {
				t.Errorf("state %+v, want %+v", state, want)
			}
			for i, b := range want.Buffers {
				if got := state.Buffers[i]; got.Name != b.Name || !slices.EqualFunc(got.Values, b.Values, sameBits[float32]) {
					t.Errorf("buffer %s differs from that of training straight through", b.Name)
				}
			}
			if !net.Schema.InputScaling.Equal(scaling) {
				t.Error("the scaling loaded is another")
			}
		})
	}
}

// rich returns a network and a state that make use of all that a file can hold.
func rich(t *testing.T) (*MLP[float32], *State[float32]) {
	net := mustNew(t, []int{2, 3, 2}, Sigmoid[float32](), Identity[float32](), Square[float32](), 1)
	net.Schema = dataset.Schema{
		FeatureNames: []string{"a, b", "ä\"\\"}, ClassNames: []string{"x", "<y>"}, TargetNames: []string{"", "z"},
		InputScaling:  dataset.Scaling{Rule: "unit", Shift: []float64{0.1, -1e300}, Scale: []float64{1, math.SmallestNonzeroFloat64}},
		TargetScaling: dataset.Scaling{Rule: "standard", Shift: []float64{1. / 3, 0}, Scale: []float64{math.Pi, 2}},
	}
	s := &State[float32]{Optimizer: "adam", Epoch: 7, Step: 99, BestEpoch: 3, BestCost: math.Inf(1), Settings: map[string]string{"lr": "0.1", "a": "\x00"}}
	for i, name := range []string{"mean", "square"} {
		b := Buffer[float32]{name, make([]float32, len(net.Params))}
		for j := range b.Values {
			b.Values[j] = float32(i) + float32(j)/3
		}
		s.Buffers = append(s.Buffers, b)
	}
	return net, s
}

func encodeState(t *testing.T, net *MLP[float32], s *State[float32]) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := net.encode(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestStateAndSchema(t *testing.T) {
	net, state := rich(t)
	file := encodeState(t, net, state)
	got, s, err := decode[float32](bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	a, b := got.Schema, net.Schema
	if !slices.Equal(a.FeatureNames, b.FeatureNames) || !slices.Equal(a.ClassNames, b.ClassNames) || !slices.Equal(a.TargetNames, b.TargetNames) ||
		!a.InputScaling.Equal(b.InputScaling) || !a.TargetScaling.Equal(b.TargetScaling) || a.InputScaling.Rule != "unit" || a.TargetScaling.Rule != "standard" {
		t.Errorf("schema %+v, want %+v", a, b)
	}
	if s.Optimizer != "adam" || s.Epoch != 7 || s.Step != 99 || s.BestEpoch != 3 || !math.IsInf(s.BestCost, 1) || !maps.Equal(s.Settings, state.Settings) {
		t.Errorf("state %+v", s)
	}
	for i, b := range state.Buffers {
		if s.Buffers[i].Name != b.Name || !slices.Equal(s.Buffers[i].Values, b.Values) {
			t.Errorf("buffer %d: %v, want %v", i, s.Buffers[i], b)
		}
	}
	if again := encodeState(t, got, s); !bytes.Equal(again, file) {
		t.Error("encoded again, it is another file")
	}
	if _, none, err := decode[float32](bytes.NewReader(file), int64(len(file))); err != nil || none == nil {
		t.Error(none, err)
	}
	file = encodeState(t, net, nil)
	if _, none, err := decode[float32](bytes.NewReader(file), int64(len(file))); err != nil || none != nil {
		t.Errorf("state %v of a file without one, error %v", none, err)
	}
}

func TestDecodeStateErrors(t *testing.T) {
	net, state := rich(t)
	file := encodeState(t, net, state)
	for _, c := range []struct{ old, new, want string }{
		// Of equal length, so that the header's stays right.
		{`"state.epoch":"7"`, `"state.epoch":"x"`, `state.epoch: "x": expected a whole number`},
		{`"state.best_cost":"+Inf"`, `"state.best_cost":"none"`, `state.best_cost: "none"`},
		{`"state.optimizer"`, `"state.optimiser"`, `state.optimizer: expected it with the tensor`},
		{`"mean,square"`, `"mean,sqare "`, `state.buffers: "mean,sqare ": expected square`},
		{`"mean,square"`, `"mean,squar,"`, `state.buffers: "mean,squar,": expected square`},
		{`"state.settings":"{`, `"state.settings":"[`, `state.settings`},
		{`"shape":[17],"data_offsets":[68,136]`, `"shape":[18],"data_offsets":[68,140]`, `data_offsets`},
		{`"input_scaling":"unit"`, `"input_scaling":"none"`, `input_scaling: "none": expected one of unit, standard`},
		{`"input_scaling_shift":"[0.1,`, `"input_scaling_shift":"[0.1 `, `input_scaling_shift`},
		{`"[3.141592653589793,2]"`, `"[0.000000000000000,2]"`, `target_scaling_scale: 0 in place 0`},
		{`"target_scaling_scale"`, `"target_scaling_skale"`, `target_scaling_scale: "": expected a list of 2 numbers`},
		{`"feature_names":"[`, `"feature_names":"{`, `feature_names`},
		{`[\"\",\"z\"]`, `{\"\",\"z\"]`, `target_names`},
	} {
		if !bytes.Contains(file, []byte(c.old)) || len(c.old) != len(c.new) {
			t.Fatalf("%q isn't in the header, or %q isn't as long", c.old, c.new)
		}
		_, err := decodeBytes(bytes.Replace(file, []byte(c.old), []byte(c.new), 1))
		wantError(t, err, c.want)
		if err != nil && strings.ContainsAny(err.Error(), "\n\r") {
			t.Errorf("error %q of several lines", err)
		}
	}
	short, _ := rich(t)
	for i := range state.Buffers {
		s := *state
		s.Buffers = slices.Clone(s.Buffers)
		s.Buffers[i].Values = s.Buffers[i].Values[:5]
		_, err := decodeBytes(encodeState(t, short, &s))
		wantError(t, err, "state."+s.Buffers[i].Name, "shape [5]", "[17], the network's parameters")
	}
	// Cut anywhere, it is an error.
	for n := 0; n < len(file); n += 7 {
		if _, err := decodeBytes(file[:n]); err == nil {
			t.Errorf("cut to %d of %d bytes: no error", n, len(file))
		}
	}
}
