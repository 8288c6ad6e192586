//! faer's products of matrices behind the C interface of BLAS, for bench/compare:
//! by rows, beta = 0, one thread.

use faer::linalg::matmul::matmul;
use faer::traits::ComplexField;
use faer::{Accum, MatMut, MatRef, Par};

const TRANSPOSED: i32 = 112;

/// The m×n matrix op(X), stored by rows.
unsafe fn operand<'a, T>(x: *const T, m: i32, n: i32, ld: i32, op: i32) -> MatRef<'a, T> {
    let (rows, columns) = if op == TRANSPOSED { (1, ld as isize) } else { (ld as isize, 1) };
    MatRef::from_raw_parts(x, m as usize, n as usize, rows, columns)
}

macro_rules! gemm {
    ($name:ident, $T:ty) => {
        /// C = alpha·op(A)·op(B).
        #[no_mangle]
        pub unsafe extern "C" fn $name(
            _order: i32, ta: i32, tb: i32, m: i32, n: i32, k: i32,
            alpha: $T, a: *const $T, lda: i32, b: *const $T, ldb: i32,
            _beta: $T, c: *mut $T, ldc: i32,
        ) {
            multiply(
                MatMut::from_raw_parts_mut(c, m as usize, n as usize, ldc as isize, 1),
                operand(a, m, k, lda, ta), operand(b, k, n, ldb, tb), alpha);
        }
    };
}

fn multiply<T: ComplexField>(c: MatMut<'_, T>, a: MatRef<'_, T>, b: MatRef<'_, T>, alpha: T) {
    matmul(c, Accum::Replace, a, b, alpha, Par::Seq);
}

/// The version that Cargo.toml asks for.
#[no_mangle]
pub extern "C" fn faer_version() -> *const std::ffi::c_char {
    c"faer 0.24.4".as_ptr()
}

gemm!(faer_sgemm, f32);
gemm!(faer_dgemm, f64);
