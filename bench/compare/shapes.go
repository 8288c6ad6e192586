package main

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
)

// shape is a product C = op(A)·op(B): op(A) is m×k, op(B) is k×n, C is m×n, and
// each is stored by rows, lda, ldb and ldc elements apart.
type shape struct {
	m, n, k       int
	op            string // NN, NT, TN or TT: which of A and B are stored transposed
	lda, ldb, ldc int
}

// newShape returns a shape without gaps between rows.
func newShape(m, n, k int, op string) shape {
	s := shape{m: m, n: n, k: k, op: op, lda: k, ldb: n, ldc: n}
	if op[0] == 'T' {
		s.lda = m
	}
	if op[1] == 'T' {
		s.ldb = k
	}
	return s
}

// tight reports whether no operand has gaps between its rows.
func (s shape) tight() bool { return s == newShape(s.m, s.n, s.k, s.op) }

// rows returns how many rows of A, B and C are stored.
func (s shape) rows() (a, b, c int) {
	a, b = s.m, s.k
	if s.op[0] == 'T' {
		a = s.k
	}
	if s.op[1] == 'T' {
		b = s.n
	}
	return a, b, s.m
}

func (s shape) flops() float64 { return 2 * float64(s.m) * float64(s.n) * float64(s.k) }

// key is the shape in a benchmark's name.
func (s shape) key() string {
	key := fmt.Sprintf("m=%d/n=%d/k=%d/op=%s", s.m, s.n, s.k, s.op)
	if !s.tight() {
		key += fmt.Sprintf("/ld=%d,%d,%d", s.lda, s.ldb, s.ldc)
	}
	return key
}

// String is the shape for people.
func (s shape) String() string {
	text := fmt.Sprintf("%d·%d·%d %s", s.m, s.n, s.k, s.op)
	if !s.tight() {
		text += fmt.Sprintf(" ld %d,%d,%d", s.lda, s.ldb, s.ldc)
	}
	return text
}

// layers are cubes, the products of a small network's layers forwards and
// backwards, and shapes that are known to be hard: a vector, a small k, a small
// C with a long k, odd sizes, few columns.
func layers() []shape {
	var shapes []shape
	for _, n := range []int{8, 16, 24, 32, 48, 64, 96, 128, 256, 512, 1024, 2048} {
		shapes = append(shapes, newShape(n, n, n, "NN"))
	}
	return append(shapes,
		newShape(64, 128, 784, "NN"),
		newShape(64, 128, 64, "NN"),
		newShape(10, 128, 64, "NN"),
		newShape(64, 784, 128, "NT"),
		newShape(64, 128, 64, "TN"),
		newShape(512, 128, 784, "NN"),
		newShape(512, 784, 128, "NT"),
		newShape(512, 128, 512, "TN"),
		newShape(256, 256, 256, "TT"),
		newShape(1000, 1, 1000, "NN"),
		newShape(1000, 1000, 4, "NN"),
		newShape(4, 4, 10000, "NN"),
		newShape(17, 129, 333, "NN"),
		newShape(2000, 8, 2000, "NN"))
}

// cubes returns square products of every size up to n.
func cubes(n int) []shape {
	var shapes []shape
	for i := 1; i <= n; i++ {
		shapes = append(shapes, newShape(i, i, i, "NN"))
	}
	return shapes
}

// randomShapes returns shapes with each dimension log-uniform in 1…1500, all
// four transposes, and gaps of 0 to 9 elements between rows.
func randomShapes(count int, seed uint64) []shape {
	rng := rand.New(rand.NewPCG(seed, 0))
	dimension := func() int { return int(math.Exp(rng.Float64() * math.Log(1501))) }
	shapes := make([]shape, count)
	for i := range shapes {
		s := newShape(dimension(), dimension(), dimension(), []string{"NN", "NT", "TN", "TT"}[rng.IntN(4)])
		s.lda += rng.IntN(10)
		s.ldb += rng.IntN(10)
		s.ldc += rng.IntN(10)
		shapes[i] = s
	}
	return shapes
}

// parseShapes reads one shape a line, "m n k op" and perhaps "lda ldb ldc".
// Empty lines and what follows a # say nothing.
func parseShapes(r io.Reader, name string) ([]shape, error) {
	var shapes []shape
	lines := bufio.NewScanner(r)
	for number := 1; lines.Scan(); number++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		fields := strings.Fields(text)
		if len(fields) == 0 {
			continue
		}
		s, err := parseShape(fields)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, number, err)
		}
		shapes = append(shapes, s)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(shapes) == 0 {
		return nil, fmt.Errorf("%s: no shapes; expected lines m n k op, such as 64 128 784 NT", name)
	}
	return shapes, nil
}

// maxElements bounds each operand: 2 GiB of float64.
const maxElements = 1 << 28

func parseShape(fields []string) (shape, error) {
	if len(fields) != 4 && len(fields) != 7 {
		return shape{}, fmt.Errorf("%d fields; expected m n k op, such as 64 128 784 NT, and perhaps lda ldb ldc", len(fields))
	}
	var m, n, k int
	if err := parseSizes(fields[:3], []string{"m", "n", "k"}, &m, &n, &k); err != nil {
		return shape{}, err
	}
	op := fields[3]
	switch op {
	case "NN", "NT", "TN", "TT":
	default:
		return shape{}, fmt.Errorf("op %q; expected NN, NT, TN or TT", op)
	}
	s := newShape(m, n, k, op)
	if len(fields) == 7 {
		tight := s
		if err := parseSizes(fields[4:], []string{"lda", "ldb", "ldc"}, &s.lda, &s.ldb, &s.ldc); err != nil {
			return shape{}, err
		}
		if s.lda < tight.lda || s.ldb < tight.ldb || s.ldc < tight.ldc {
			return shape{}, fmt.Errorf("lda ldb ldc %d %d %d; expected at least %d %d %d",
				s.lda, s.ldb, s.ldc, tight.lda, tight.ldb, tight.ldc)
		}
	}
	rowsA, rowsB, rowsC := s.rows()
	if largest := max(elements(rowsA, s.lda), elements(rowsB, s.ldb), elements(rowsC, s.ldc)); largest > maxElements {
		return shape{}, fmt.Errorf("an operand of %d elements; expected at most %d", largest, maxElements)
	}
	return s, nil
}

// elements does not overflow where int has 32 bits.
func elements(rows, ld int) int64 { return int64(rows) * int64(ld) }

// parseSizes sets each of sizes from the field in its place.
func parseSizes(fields, names []string, sizes ...*int) error {
	for i, field := range fields {
		// No product of two can overflow.
		v, err := strconv.Atoi(field)
		if err != nil || v < 1 || v > maxElements {
			return fmt.Errorf("%s %q; expected a whole number from 1 to %d", names[i], field, maxElements)
		}
		*sizes[i] = v
	}
	return nil
}
