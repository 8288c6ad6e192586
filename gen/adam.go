package main

// adam writes Kernels.Adam, one vector at a time: its square root and division take
// longer than all the rest and the loads from L2, so there is no latency to hide.
func adam(e *emitter) {
	const m, v, x, grad, t = 0, 1, 2, 3, 4
	elementwise(e, &formula{
		name:      "adam",
		signature: "func(n int, b1, c1, b2, c2, step, epsilon T, grad, m, v, x *T)",
		doc:       "is Kernels.Adam.",
		scalars:   []string{"b1", "c1", "b2", "c2", "step", "epsilon"},
		src:       []string{"m", "v", "x", "grad"},
		dst:       []string{"m", "v", "x"},
		slots:     5,
		unroll:    map[string]int{"AVX2": 1, "AVX512": 1},
		compute: func(g *group) {
			b1, c1, b2, c2, step, epsilon := g.scalars[0], g.scalars[1], g.scalars[2], g.scalars[3], g.scalars[4], g.scalars[5]
			g.each(func(r slots) { g.mul(r(m), b1, r(m)) })
			g.each(func(r slots) { g.mul(r(grad), c1, r(t)) })
			g.each(func(r slots) { g.add(r(t), r(m), r(m)) })
			g.each(func(r slots) { g.mul(r(grad), r(grad), r(grad)) })
			g.each(func(r slots) { g.mul(r(v), b2, r(v)) })
			g.each(func(r slots) { g.mul(r(grad), c2, r(grad)) })
			g.each(func(r slots) { g.add(r(grad), r(v), r(v)) })
			g.each(func(r slots) { g.sqrt(r(v), r(grad)) })
			g.each(func(r slots) { g.mul(r(m), step, r(t)) })
			g.each(func(r slots) { g.add(epsilon, r(grad), r(grad)) })
			g.each(func(r slots) { g.div(r(grad), r(t), r(t)) })
			g.each(func(r slots) { g.sub(r(t), r(x), r(x)) })
		},
	})
}
