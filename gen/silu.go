package main

// siluConstants are sigmoid's, but for where results underflow: x·e^x does so
// later than e^x.
func siluConstants(e *emitter) []constant {
	top := 110.0
	if e.size == 8 {
		top = 753
	}
	c := sigmoidConstants(e)
	for i := range c {
		if c[i].name == "top" {
			c[i].bits = e.float(top)
		}
	}
	return append(c, constant{"-top", e.float(-top)})
}

// silu computes slot 0 = x·σ(x), x = slot0. With y = σ(−|x|)/c as sigmoid has it,
//
//	x·σ(x) = (x·y)·c for negative x, otherwise x − (x·y)·c
//
// so that a result that is subnormal rounds once there. In x·y x is limited, for
// ∞·0 would be NaN.
func silu(g *group) {
	const y, r, q, x = 0, 1, 2, 4
	g.sigmoidOverC()
	g.reload(x)
	g.each(func(v slots) { g.move(v(x), v(r)) })
	g.clamp(r, q, "top", "-top")
	g.each(func(v slots) { g.mul(v(y), v(r), v(q)) })
	g.each(func(v slots) { g.mul(g.c("c"), v(q), v(q)) })
	g.each(func(v slots) { g.sub(v(q), v(x), v(0)) })
	g.each(func(v slots) { g.blend(v(x), v(q), v(0)) })
}

// silus writes SiLU.
func silus(e *emitter) {
	elementwise(e, &formula{
		name:      "silu",
		signature: "func(n int, dst, src *T)",
		doc:       "is Kernels.SiLU.",
		src:       []string{"src"},
		dst:       []string{"dst"},
		slots:     5,
		unroll:    map[string]int{"AVX2": 3, "AVX512": 4},
		pace:      map[string]map[int]float64{"AVX2": {4: 1.9, 8: 1.6}, "AVX512": {4: 3, 8: 2.6}},
		constants: siluConstants,
		compute:   silu,
	})
}
