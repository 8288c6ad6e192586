// Element-wise functions of SLEEF and of glibc's libmvec as loops over vectors,
// each reps times: void NAME(long reps, long n, T *dst, const T *src), n a
// multiple of 16. bench/install-peers builds this file for AVX-512 and for AVX2,
// with -Ofast, which is what makes the compiler call libmvec.
#include <immintrin.h>
#include <math.h>
#include <sleef.h>

#ifdef __AVX512F__
#define WIDE 512
#define F32(f) Sleef_##f##f16
#define F64(f) Sleef_##f##d8
#define FINZ32(f) Sleef_finz_##f##f16
#define FINZ64(f) Sleef_finz_##f##d8
#define SET avx512f
typedef __m512 v32;
typedef __m512d v64;
#define LOAD32 _mm512_loadu_ps
#define LOAD64 _mm512_loadu_pd
#define STORE32 _mm512_storeu_ps
#define STORE64 _mm512_storeu_pd
#define SET32 _mm512_set1_ps
#define SET64 _mm512_set1_pd
#else
#define F32(f) Sleef_##f##f8
#define F64(f) Sleef_##f##d4
#define FINZ32(f) Sleef_finz_##f##f8
#define FINZ64(f) Sleef_finz_##f##d4
#define SET avx2
typedef __m256 v32;
typedef __m256d v64;
#define LOAD32 _mm256_loadu_ps
#define LOAD64 _mm256_loadu_pd
#define STORE32 _mm256_storeu_ps
#define STORE64 _mm256_storeu_pd
#define SET32 _mm256_set1_ps
#define SET64 _mm256_set1_pd
#endif

#define JOIN3(a, b, c) a##b##c
#define JOIN(a, b, c) JOIN3(a, b, c)

#define LOOP(name, T, V, LOAD, STORE, expression) \
	void name(long reps, long n, T *dst, const T *src) { \
		for (long r = 0; r < reps; r++) \
			for (long i = 0; i < n; i += sizeof(V) / sizeof(T)) { \
				V x = LOAD(src + i); \
				STORE(dst + i, expression); \
			} \
	}

#define SLEEF(lib, prefix32, prefix64, fn, u) \
	LOOP(lib##_##fn##_f32, float, v32, LOAD32, STORE32, JOIN(prefix32(fn), u, SET)(x)) \
	LOOP(lib##_##fn##_f64, double, v64, LOAD64, STORE64, JOIN(prefix64(fn), u, SET)(x))

SLEEF(sleef_u10, F32, F64, exp, _u10)
SLEEF(sleef_u10, F32, F64, tanh, _u10)
SLEEF(sleef_u10, F32, F64, log, _u10)
SLEEF(sleef_u35, F32, F64, tanh, _u35)
SLEEF(sleef_u35, F32, F64, log, _u35)
SLEEF(sleef_finz, FINZ32, FINZ64, exp, _u10)
SLEEF(sleef_finz, FINZ32, FINZ64, tanh, _u10)
SLEEF(sleef_finz, FINZ32, FINZ64, log, _u10)

// SLEEF has no sigmoid: this is its exponential and a division.
LOOP(sleef_u10_sigmoid_f32, float, v32, LOAD32, STORE32, SET32(1) / (SET32(1) + JOIN(F32(exp), _u10, SET)(-x)))
LOOP(sleef_u10_sigmoid_f64, double, v64, LOAD64, STORE64, SET64(1) / (SET64(1) + JOIN(F64(exp), _u10, SET)(-x)))

// libmvec, by way of the compiler's vectoriser.
#define LIBMVEC(fn, T, suffix, expression) \
	void libmvec_##fn##_##suffix(long reps, long n, T *restrict dst, const T *restrict src) { \
		for (long r = 0; r < reps; r++) { \
			for (long i = 0; i < n; i++) { \
				T x = src[i]; \
				dst[i] = expression; \
			} \
			__asm__ volatile("" ::: "memory"); \
		} \
	}

LIBMVEC(exp, float, f32, expf(x))
LIBMVEC(exp, double, f64, exp(x))
LIBMVEC(log, float, f32, logf(x))
LIBMVEC(log, double, f64, log(x))
LIBMVEC(tanh, float, f32, tanhf(x))
LIBMVEC(tanh, double, f64, tanh(x))
LIBMVEC(sigmoid, float, f32, 1 / (1 + expf(-x)))
LIBMVEC(sigmoid, double, f64, 1 / (1 + exp(-x)))

// What moving the bytes alone takes.
#include <string.h>
void memcpy_copy_f32(long reps, long n, float *dst, const float *src) {
	for (long r = 0; r < reps; r++) {
		memcpy(dst, src, n * sizeof *dst);
		__asm__ volatile("" ::: "memory");
	}
}
void memcpy_copy_f64(long reps, long n, double *dst, const double *src) { memcpy_copy_f32(reps, 2 * n, (float *)dst, (const float *)src); }
