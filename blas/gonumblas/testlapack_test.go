package gonumblas

import (
	"os"
	"runtime"
	"testing"

	api "gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/testlapack"

	"github.com/lanewise/lanewise/asm"
)

// lapackConformance is gonum's tests of its own LAPACK.
var lapackConformance = []struct {
	name string
	test func(t *testing.T, impl Lapack)
}{
	{"Dbdsqr", func(t *testing.T, impl Lapack) { testlapack.DbdsqrTest(t, impl) }},
	{"Dhseqr", func(t *testing.T, impl Lapack) { testlapack.DhseqrTest(t, impl) }},
	{"Dgebak", func(t *testing.T, impl Lapack) { testlapack.DgebakTest(t, impl) }},
	{"Dgebal", func(t *testing.T, impl Lapack) { testlapack.DgebalTest(t, impl) }},
	{"Dgebd2", func(t *testing.T, impl Lapack) { testlapack.Dgebd2Test(t, impl) }},
	{"Dgebrd", func(t *testing.T, impl Lapack) { testlapack.DgebrdTest(t, impl) }},
	{"Dgecon", func(t *testing.T, impl Lapack) { testlapack.DgeconTest(t, impl) }},
	{"Dgeev", func(t *testing.T, impl Lapack) { testlapack.DgeevTest(t, impl) }},
	{"Dgehd2", func(t *testing.T, impl Lapack) { testlapack.Dgehd2Test(t, impl) }},
	{"Dgehrd", func(t *testing.T, impl Lapack) { testlapack.DgehrdTest(t, impl) }},
	{"Dgelqf", func(t *testing.T, impl Lapack) { testlapack.DgelqfTest(t, impl) }},
	{"Dgelq2", func(t *testing.T, impl Lapack) { testlapack.Dgelq2Test(t, impl) }},
	{"Dgeql2", func(t *testing.T, impl Lapack) { testlapack.Dgeql2Test(t, impl) }},
	{"Dgels", func(t *testing.T, impl Lapack) { testlapack.DgelsTest(t, impl) }},
	{"Dgerq2", func(t *testing.T, impl Lapack) { testlapack.Dgerq2Test(t, impl) }},
	{"Dgesc2", func(t *testing.T, impl Lapack) { testlapack.Dgesc2Test(t, impl) }},
	{"Dgeqp3", func(t *testing.T, impl Lapack) { testlapack.Dgeqp3Test(t, impl) }},
	{"Dgeqr2", func(t *testing.T, impl Lapack) { testlapack.Dgeqr2Test(t, impl) }},
	{"Dgeqrf", func(t *testing.T, impl Lapack) { testlapack.DgeqrfTest(t, impl) }},
	{"Dgerqf", func(t *testing.T, impl Lapack) { testlapack.DgerqfTest(t, impl) }},
	{"Dgesv", func(t *testing.T, impl Lapack) { testlapack.DgesvTest(t, impl) }},
	{"Dgesvd", func(t *testing.T, impl Lapack) { testlapack.DgesvdTest(t, impl, 1e-13) }},
	{"Dgetc2", func(t *testing.T, impl Lapack) { testlapack.Dgetc2Test(t, impl) }},
	{"Dgetri", func(t *testing.T, impl Lapack) { testlapack.DgetriTest(t, impl) }},
	{"Dgetf2", func(t *testing.T, impl Lapack) { testlapack.Dgetf2Test(t, impl) }},
	{"Dgetrf", func(t *testing.T, impl Lapack) { testlapack.DgetrfTest(t, impl) }},
	{"Dgetrs", func(t *testing.T, impl Lapack) { testlapack.DgetrsTest(t, impl) }},
	{"Dgghrd", func(t *testing.T, impl Lapack) { testlapack.DgghrdTest(t, impl) }},
	{"Dggsvd3", func(t *testing.T, impl Lapack) { testlapack.Dggsvd3Test(t, impl) }},
	{"Dggsvp3", func(t *testing.T, impl Lapack) { testlapack.Dggsvp3Test(t, impl) }},
	{"Dgtsv", func(t *testing.T, impl Lapack) { testlapack.DgtsvTest(t, impl) }},
	{"Dlabrd", func(t *testing.T, impl Lapack) { testlapack.DlabrdTest(t, impl) }},
	{"Dlacn2", func(t *testing.T, impl Lapack) { testlapack.Dlacn2Test(t, impl) }},
	{"Dlacpy", func(t *testing.T, impl Lapack) { testlapack.DlacpyTest(t, impl) }},
	{"Dlae2", func(t *testing.T, impl Lapack) { testlapack.Dlae2Test(t, impl) }},
	{"Dlaev2", func(t *testing.T, impl Lapack) { testlapack.Dlaev2Test(t, impl) }},
	{"Dlaexc", func(t *testing.T, impl Lapack) { testlapack.DlaexcTest(t, impl) }},
	{"Dlag2", func(t *testing.T, impl Lapack) { testlapack.Dlag2Test(t, impl) }},
	{"Dlags2", func(t *testing.T, impl Lapack) { testlapack.Dlags2Test(t, impl) }},
	{"Dlagtm", func(t *testing.T, impl Lapack) { testlapack.DlagtmTest(t, impl) }},
	{"Dlahqr", func(t *testing.T, impl Lapack) { testlapack.DlahqrTest(t, impl) }},
	{"Dlahr2", func(t *testing.T, impl Lapack) { testlapack.Dlahr2Test(t, impl) }},
	{"Dlaln2", func(t *testing.T, impl Lapack) { testlapack.Dlaln2Test(t, impl) }},
	{"Dlangb", func(t *testing.T, impl Lapack) { testlapack.DlangbTest(t, impl) }},
	{"Dlange", func(t *testing.T, impl Lapack) { testlapack.DlangeTest(t, impl) }},
	{"Dlangt", func(t *testing.T, impl Lapack) { testlapack.DlangtTest(t, impl) }},
	{"Dlanhs", func(t *testing.T, impl Lapack) { testlapack.DlanhsTest(t, impl) }},
	{"Dlapy2", func(t *testing.T, impl Lapack) { testlapack.Dlapy2Test(t, impl) }},
	{"Dlapll", func(t *testing.T, impl Lapack) { testlapack.DlapllTest(t, impl) }},
	{"Dlapmr", func(t *testing.T, impl Lapack) { testlapack.DlapmrTest(t, impl) }},
	{"Dlapmt", func(t *testing.T, impl Lapack) { testlapack.DlapmtTest(t, impl) }},
	{"Dlas2", func(t *testing.T, impl Lapack) { testlapack.Dlas2Test(t, impl) }},
	{"Dlascl", func(t *testing.T, impl Lapack) { testlapack.DlasclTest(t, impl) }},
	{"Dlaset", func(t *testing.T, impl Lapack) { testlapack.DlasetTest(t, impl) }},
	{"Dlasrt", func(t *testing.T, impl Lapack) { testlapack.DlasrtTest(t, impl) }},
	{"Dlassq", func(t *testing.T, impl Lapack) { testlapack.DlassqTest(t, impl) }},
	{"Dlaswp", func(t *testing.T, impl Lapack) { testlapack.DlaswpTest(t, impl) }},
	{"Dlasy2", func(t *testing.T, impl Lapack) { testlapack.Dlasy2Test(t, impl) }},
	{"Dlansb", func(t *testing.T, impl Lapack) { testlapack.DlansbTest(t, impl) }},
	{"Dlanst", func(t *testing.T, impl Lapack) { testlapack.DlanstTest(t, impl) }},
	{"Dlansy", func(t *testing.T, impl Lapack) { testlapack.DlansyTest(t, impl) }},
	{"Dlantb", func(t *testing.T, impl Lapack) { testlapack.DlantbTest(t, impl) }},
	{"Dlantr", func(t *testing.T, impl Lapack) { testlapack.DlantrTest(t, impl) }},
	{"Dlanv2", func(t *testing.T, impl Lapack) { testlapack.Dlanv2Test(t, impl) }},
	{"Dlaqr04", func(t *testing.T, impl Lapack) { testlapack.Dlaqr04Test(t, impl) }},
	{"Dlaqp2", func(t *testing.T, impl Lapack) { testlapack.Dlaqp2Test(t, impl) }},
	{"Dlaqps", func(t *testing.T, impl Lapack) { testlapack.DlaqpsTest(t, impl) }},
	{"Dlaqr1", func(t *testing.T, impl Lapack) { testlapack.Dlaqr1Test(t, impl) }},
	{"Dlaqr23", func(t *testing.T, impl Lapack) { testlapack.Dlaqr23Test(t, impl) }},
	{"Dlaqr5", func(t *testing.T, impl Lapack) { testlapack.Dlaqr5Test(t, impl) }},
	{"Dlarf", func(t *testing.T, impl Lapack) { testlapack.DlarfTest(t, impl) }},
	{"Dlarfb", func(t *testing.T, impl Lapack) { testlapack.DlarfbTest(t, impl) }},
	{"Dlarfg", func(t *testing.T, impl Lapack) { testlapack.DlarfgTest(t, impl) }},
	{"Dlarft", func(t *testing.T, impl Lapack) { testlapack.DlarftTest(t, impl) }},
	{"Dlarfx", func(t *testing.T, impl Lapack) { testlapack.DlarfxTest(t, impl) }},
	{"Dlartg", func(t *testing.T, impl Lapack) { testlapack.DlartgTest(t, impl) }},
	{"Dlasq1", func(t *testing.T, impl Lapack) { testlapack.Dlasq1Test(t, impl) }},
	{"Dlasq2", func(t *testing.T, impl Lapack) { testlapack.Dlasq2Test(t, impl) }},
	{"Dlasr", func(t *testing.T, impl Lapack) { testlapack.DlasrTest(t, impl) }},
	{"Dlasv2", func(t *testing.T, impl Lapack) { testlapack.Dlasv2Test(t, impl) }},
	{"Dlatbs", func(t *testing.T, impl Lapack) { testlapack.DlatbsTest(t, impl) }},
	{"Dlatrd", func(t *testing.T, impl Lapack) { testlapack.DlatrdTest(t, impl) }},
	{"Dlatrs", func(t *testing.T, impl Lapack) { testlapack.DlatrsTest(t, impl) }},
	{"Dlauu2", func(t *testing.T, impl Lapack) { testlapack.Dlauu2Test(t, impl) }},
	{"Dlauum", func(t *testing.T, impl Lapack) { testlapack.DlauumTest(t, impl) }},
	{"Dorg2r", func(t *testing.T, impl Lapack) { testlapack.Dorg2rTest(t, impl) }},
	{"Dorgbr", func(t *testing.T, impl Lapack) { testlapack.DorgbrTest(t, impl) }},
	{"Dorghr", func(t *testing.T, impl Lapack) { testlapack.DorghrTest(t, impl) }},
	{"Dorg2l", func(t *testing.T, impl Lapack) { testlapack.Dorg2lTest(t, impl) }},
	{"Dorgl2", func(t *testing.T, impl Lapack) { testlapack.Dorgl2Test(t, impl) }},
	{"Dorglq", func(t *testing.T, impl Lapack) { testlapack.DorglqTest(t, impl) }},
	{"Dorgql", func(t *testing.T, impl Lapack) { testlapack.DorgqlTest(t, impl) }},
	{"Dorgqr", func(t *testing.T, impl Lapack) { testlapack.DorgqrTest(t, impl) }},
	{"Dorgr2", func(t *testing.T, impl Lapack) { testlapack.Dorgr2Test(t, impl) }},
	{"Dorgtr", func(t *testing.T, impl Lapack) { testlapack.DorgtrTest(t, impl) }},
	{"Dormbr", func(t *testing.T, impl Lapack) { testlapack.DormbrTest(t, impl) }},
	{"Dormhr", func(t *testing.T, impl Lapack) { testlapack.DormhrTest(t, impl) }},
	{"Dorml2", func(t *testing.T, impl Lapack) { testlapack.Dorml2Test(t, impl) }},
	{"Dormlq", func(t *testing.T, impl Lapack) { testlapack.DormlqTest(t, impl) }},
	{"Dormqr", func(t *testing.T, impl Lapack) { testlapack.DormqrTest(t, impl) }},
	{"Dormr2", func(t *testing.T, impl Lapack) { testlapack.Dormr2Test(t, impl) }},
	{"Dorm2r", func(t *testing.T, impl Lapack) { testlapack.Dorm2rTest(t, impl) }},
	{"Dpbcon", func(t *testing.T, impl Lapack) { testlapack.DpbconTest(t, impl) }},
	{"Dpbtf2", func(t *testing.T, impl Lapack) { testlapack.Dpbtf2Test(t, impl) }},
	{"Dpbtrf", func(t *testing.T, impl Lapack) { testlapack.DpbtrfTest(t, impl) }},
	{"Dpbtrs", func(t *testing.T, impl Lapack) { testlapack.DpbtrsTest(t, impl) }},
	{"Dpocon", func(t *testing.T, impl Lapack) { testlapack.DpoconTest(t, impl) }},
	{"Dpotf2", func(t *testing.T, impl Lapack) { testlapack.Dpotf2Test(t, impl) }},
	{"Dpotrf", func(t *testing.T, impl Lapack) { testlapack.DpotrfTest(t, impl) }},
	{"Dpotri", func(t *testing.T, impl Lapack) { testlapack.DpotriTest(t, impl) }},
	{"Dpotrs", func(t *testing.T, impl Lapack) { testlapack.DpotrsTest(t, impl) }},
	{"Dpstf2", func(t *testing.T, impl Lapack) { testlapack.Dpstf2Test(t, impl) }},
	{"Dpstrf", func(t *testing.T, impl Lapack) { testlapack.DpstrfTest(t, impl) }},
	{"Dpttrf", func(t *testing.T, impl Lapack) { testlapack.DpttrfTest(t, impl) }},
	{"Dpttrs", func(t *testing.T, impl Lapack) { testlapack.DpttrsTest(t, impl) }},
	{"Dptsv", func(t *testing.T, impl Lapack) { testlapack.DptsvTest(t, impl) }},
	{"Dptcon", func(t *testing.T, impl Lapack) { testlapack.DptconTest(t, impl) }},
	{"Drscl", func(t *testing.T, impl Lapack) { testlapack.DrsclTest(t, impl) }},
	{"Dsteqr", func(t *testing.T, impl Lapack) { testlapack.DsteqrTest(t, impl) }},
	{"Dsterf", func(t *testing.T, impl Lapack) { testlapack.DsterfTest(t, impl) }},
	{"Dsyev", func(t *testing.T, impl Lapack) { testlapack.DsyevTest(t, impl) }},
	{"Dsytd2", func(t *testing.T, impl Lapack) { testlapack.Dsytd2Test(t, impl) }},
	{"Dsytrd", func(t *testing.T, impl Lapack) { testlapack.DsytrdTest(t, impl) }},
	{"Dtgsja", func(t *testing.T, impl Lapack) { testlapack.DtgsjaTest(t, impl) }},
	{"Dtbtrs", func(t *testing.T, impl Lapack) { testlapack.DtbtrsTest(t, impl) }},
	{"Dtrcon", func(t *testing.T, impl Lapack) { testlapack.DtrconTest(t, impl) }},
	{"Dtrevc3", func(t *testing.T, impl Lapack) { testlapack.Dtrevc3Test(t, impl) }},
	{"Dtrexc", func(t *testing.T, impl Lapack) { testlapack.DtrexcTest(t, impl) }},
	{"Dtrti2", func(t *testing.T, impl Lapack) { testlapack.Dtrti2Test(t, impl) }},
	{"Dtrtri", func(t *testing.T, impl Lapack) { testlapack.DtrtriTest(t, impl) }},
	{"Dtrtrs", func(t *testing.T, impl Lapack) { testlapack.DtrtrsTest(t, impl) }},
	{"Iladlc", func(t *testing.T, impl Lapack) { testlapack.IladlcTest(t, impl) }},
	{"Iladlr", func(t *testing.T, impl Lapack) { testlapack.IladlrTest(t, impl) }},
}

// quick are those that run without LANEWISE_LONG: of the routines that this package
// replaces and of those that stand on most of BLAS, few seconds in all.
var quick = map[string]bool{
	"Dbdsqr": true, "Dsteqr": true, "Dsyev": true, "Dgetrf": true, "Dpotrf": true, "Dgetri": true, "Dgeqrf": true,
	"Dgebrd": true, "Dsytrd": true, "Dlarfb": true, "Dlarft": true, "Dtrtri": true, "Dlatrd": true, "Dlabrd": true,
	"Dgecon": true, "Dpocon": true, "Dlansy": true, "Dlange": true, "Dhseqr": true,
}

// use makes gonum's LAPACK call impl until the test ends.
func use(t testing.TB, impl api.Float64) {
	before := blas64.Implementation()
	blas64.Use(impl)
	t.Cleanup(func() { blas64.Use(before) })
}

func TestLapackConformance(t *testing.T) {
	use(t, Implementation{})
	long := os.Getenv("LANEWISE_LONG") != ""
	if !long && testing.Short() {
		t.Skip("takes seconds")
	}
	onLevels(t, func(t *testing.T) {
		highest := asm.Current().Name == asm.Levels()[len(asm.Levels())-1] && runtime.GOMAXPROCS(0) == 2
		for _, c := range lapackConformance {
			if long || highest && quick[c.name] {
				t.Run(c.name, func(t *testing.T) { c.test(t, Lapack{}) })
			}
		}
	})
}
