/* The columns of A^T B's left factor lie along the sum, so vector units would have to add
 * across their lanes. Instead eight columns by eight rows of A are turned in registers,
 * whose shuffles run beside the products: W^T D costs little more than W X. */
#include "transposed.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

/* Of C twelve columns at a time: their sums, a block of A and its turning fit into 32
 * registers. */
enum { LANES = 8, CHUNK = 12 };

#define WIDE        __attribute__((target("avx512f")))
#define WIDE_INLINE static inline __attribute__((always_inline, target("avx512f")))

bool transposed_available(void) {
    return __builtin_cpu_supports("avx512f");
}

/* Where a strip of eight columns of A stands. */
struct strip {
    int m, k;        /* leading dimensions of C and of A and B */
    const double *a; /* its first column */
    const double *b; /* first column of the chunk of B */
    double *c;       /* first row of the strip, first column of the chunk */
    double scale;
    const double *gate; /* as c; NULL: none */
};

static inline unsigned lanes(int count) {
    return count >= LANES ? 0xffu : (1u << count) - 1u;
}

/* Turn: x[j] held column j, comes to hold row j. */
WIDE_INLINE void turn(__m512d x[LANES]) {
    __m512d pair[LANES], quad[LANES];
    for (int j = 0; j < LANES; j += 2) {
        pair[j] = _mm512_unpacklo_pd(x[j], x[j + 1]);
        pair[j + 1] = _mm512_unpackhi_pd(x[j], x[j + 1]);
    }
    for (int j = 0; j < LANES; j += 4)
        for (int i = 0; i < 2; i++) {
            quad[j + i] = _mm512_shuffle_f64x2(pair[j + i], pair[j + 2 + i], 0x88);
            quad[j + 2 + i] = _mm512_shuffle_f64x2(pair[j + i], pair[j + 2 + i], 0xdd);
        }
    /* quad[i] has rows i and i + 4 of columns 0..3, quad[2 + i] rows i + 2 and i + 6;
     * quad[4 + ..] the same of columns 4..7. */
    for (int i = 0; i < 4; i++) {
        x[i] = _mm512_shuffle_f64x2(quad[i], quad[4 + i], 0x88);
        x[i + 4] = _mm512_shuffle_f64x2(quad[i], quad[4 + i], 0xdd);
    }
}

/* sum[c] += rows i.. of the strip, as many as `rows`, times those of B's columns. */
WIDE_INLINE void add_block(const struct strip *strip, int columns, int n, int i, int rows,
                           __m512d *sum) {
    __m512d x[LANES];
    for (int j = 0; j < LANES; j++) {
        const double *column = strip->a + (long)j * strip->k + i;
        __mmask8 mask = (__mmask8)(j < columns ? lanes(rows) : 0u);
        x[j] = _mm512_maskz_loadu_pd(mask, column);
    }
    turn(x);
#pragma GCC unroll 8
    for (int j = 0; j < LANES; j++) {
        if (j >= rows) break;
#pragma GCC unroll 12
        for (int c = 0; c < n; c++) {
            double factor = strip->b[(long)c * strip->k + i + j];
            sum[c] = _mm512_fmadd_pd(x[j], _mm512_set1_pd(factor), sum[c]);
        }
    }
}

WIDE_INLINE void write_sums(const struct strip *strip, int columns, int n,
                            const __m512d *sum) {
    __mmask8 there = (__mmask8)lanes(columns);
#pragma GCC unroll 12
    for (int c = 0; c < n; c++) {
        long at = (long)c * strip->m;
        __m512d value = _mm512_mul_pd(_mm512_set1_pd(strip->scale), sum[c]);
        if (strip->gate != NULL) {
            __m512d gate = _mm512_maskz_loadu_pd(there, strip->gate + at);
            __mmask8 open = _mm512_cmp_pd_mask(gate, _mm512_setzero_pd(), _CMP_GT_OQ);
            value = _mm512_maskz_mov_pd(open, value);
        }
        _mm512_mask_storeu_pd(strip->c + at, there, value);
    }
}

/* The first `columns` of the strip's eight, `n` of C: constants where this is expanded, but for
 * the last strip's. */
WIDE_INLINE void run_strip(const struct strip *strip, int columns, int n) {
    __m512d sum[CHUNK];
    int whole = strip->k - strip->k % LANES;
#pragma GCC unroll 12
    for (int c = 0; c < n; c++)
        sum[c] = _mm512_setzero_pd();
    for (int i = 0; i < whole; i += LANES)
        add_block(strip, columns, n, i, LANES, sum);
    if (whole < strip->k) add_block(strip, columns, n, whole, strip->k - whole, sum);
    write_sums(strip, columns, n, sum);
}

WIDE_INLINE void run_chunk(const struct strip *first, int n) {
    struct strip strip = *first;
    int i = 0;
    for (; i + LANES <= first->m; i += LANES) {
        run_strip(&strip, LANES, n);
        strip.a += (long)LANES * first->k;
        strip.c += LANES;
        if (strip.gate != NULL) strip.gate += LANES;
    }
    if (i < first->m) run_strip(&strip, first->m - i, n);
}

/* One expansion for each number of columns, each a function of its own: compilers take
 * minutes for a function of all. */
#define EXPAND(n)                                                                        \
    WIDE static void run_##n(const struct strip *strip) {                                \
        run_chunk(strip, n);                                                             \
    }

EXPAND(1)
EXPAND(2)
EXPAND(3)
EXPAND(4)
EXPAND(5)
EXPAND(6)
EXPAND(7)
EXPAND(8)
EXPAND(9)
EXPAND(10)
EXPAND(11)
EXPAND(12)

typedef void run_columns(const struct strip *strip);

static run_columns *const expansions[CHUNK] = {run_1, run_2,  run_3,  run_4,
                                               run_5, run_6,  run_7,  run_8,
                                               run_9, run_10, run_11, run_12};

void transposed_run(int m, int n, int k, const double *a, const double *b, double *c,
                    const struct transposed_edge *edge) {
    int chunks = (n + CHUNK - 1) / CHUNK;
    struct strip strip = {.m = m, .k = k, .a = a, .scale = edge->scale};
    for (int i = 0; i < chunks; i++) {
        int first = n * i / chunks, last = n * (i + 1) / chunks;
        strip.b = b + (long)first * k;
        strip.c = c + (long)first * m;
        strip.gate = edge->gate != NULL ? edge->gate + (long)first * m : NULL;
        expansions[last - first - 1](&strip);
    }
}

#else

bool transposed_available(void) {
    return false;
}

void transposed_run(int m, int n, int k, const double *a, const double *b, double *c,
                    const struct transposed_edge *edge) {
    (void)m, (void)n, (void)k, (void)a, (void)b, (void)c, (void)edge;
}

#endif
