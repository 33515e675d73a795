#include "checksum.h"

#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_acle.h>
#include <sys/auxv.h>
#endif

/* The polynomial, reflected: bit 31 stands for x^0. */
#define POLYNOMIAL 0x82F63B78u

/* ---- by table ------------------------------------------------------------------------------ */

#define STEP1(c) ((c) >> 1 ^ (POLYNOMIAL & (0u - ((c) & 1u))))
#define STEP2(c) STEP1(STEP1(c))
#define STEP4(c) STEP2(STEP2((uint32_t)(c)))

/* The CRC register after one nibble: 16 entries stay in one cache line. */
static const uint32_t nibbles[16] = {
    STEP4(0), STEP4(1), STEP4(2),  STEP4(3),  STEP4(4),  STEP4(5),  STEP4(6),  STEP4(7),
    STEP4(8), STEP4(9), STEP4(10), STEP4(11), STEP4(12), STEP4(13), STEP4(14), STEP4(15),
};

static uint32_t by_table(uint32_t crc, const unsigned char *p, size_t bytes) {
    for (; bytes; bytes--, p++) {
        crc ^= *p;
        crc = crc >> 4 ^ nibbles[crc & 15];
        crc = crc >> 4 ^ nibbles[crc & 15];
    }
    return crc;
}

uint32_t cairn_crc32c_table(uint32_t crc, const void *p, size_t bytes) {
    return ~by_table(~crc, p, bytes);
}

/* ---- by instruction ------------------------------------------------------------------------ */

#if defined(__x86_64__)

/* One `crc32` has a latency of 3 cycles and starts every cycle, so three streams run at once. The
 * first two are then moved behind the third: a CRC followed by n zero bytes is the CRC times
 * x^(8n), a carry-less product that one more `crc32` reduces. Two sizes of streams: 4080 bytes in
 * three for values, 192 for what is short. */
enum { LONG_STREAM = 1360, SHORT_STREAM = 64 };

/* x^(8n - 33) mod P, reflected: product and reduction contribute the other 33. */
static uint32_t shift_constant(size_t bytes) {
    uint32_t value = 0x80000000u;
    for (size_t i = 0; i < bytes * 8 - 33; i++) value = STEP1(value);
    return value;
}

/* For one and for two streams of each size. */
static uint32_t long_once, long_twice, short_once, short_twice;

__attribute__((target("sse4.2,pclmul"))) static inline uint32_t moved(uint32_t crc, uint32_t by) {
    __m128i product = _mm_clmulepi64_si128(_mm_cvtsi32_si128((int)crc),
                                           _mm_cvtsi32_si128((int)by), 0);
    return (uint32_t)_mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(product));
}

static inline uint64_t word(const unsigned char *p) {
    uint64_t value;
    memcpy(&value, p, 8);
    return value;
}

__attribute__((target("sse4.2,pclmul"))) static inline uint32_t
three_streams(uint32_t crc, const unsigned char *p, size_t stream, uint32_t once, uint32_t twice) {
    uint64_t a = crc, b = 0, c = 0;
    for (size_t i = 0; i < stream; i += 8) {
        a = _mm_crc32_u64(a, word(p + i));
        b = _mm_crc32_u64(b, word(p + stream + i));
        c = _mm_crc32_u64(c, word(p + 2 * stream + i));
    }
    return moved((uint32_t)a, twice) ^ moved((uint32_t)b, once) ^ (uint32_t)c;
}

__attribute__((target("sse4.2,pclmul"))) static uint32_t
by_instruction(uint32_t crc, const void *start, size_t bytes) {
    const unsigned char *p = start;
    crc = ~crc;
    while (bytes >= 3 * LONG_STREAM) {
        crc = three_streams(crc, p, LONG_STREAM, long_once, long_twice);
        p += 3 * LONG_STREAM;
        bytes -= 3 * LONG_STREAM;
    }
    while (bytes >= 3 * SHORT_STREAM) {
        crc = three_streams(crc, p, SHORT_STREAM, short_once, short_twice);
        p += 3 * SHORT_STREAM;
        bytes -= 3 * SHORT_STREAM;
    }
    uint64_t wide = crc;
    for (; bytes >= 8; bytes -= 8, p += 8) wide = _mm_crc32_u64(wide, word(p));
    crc = (uint32_t)wide;
    for (; bytes; bytes--, p++) crc = _mm_crc32_u8(crc, *p);
    return ~crc;
}

static int has_instruction(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
    return (c & bit_SSE4_2) && (c & bit_PCLMUL);
}

/* Every thread that gets here computes the same constants. */
static void prepare(void) {
    __atomic_store_n(&long_once, shift_constant(LONG_STREAM), __ATOMIC_RELAXED);
    __atomic_store_n(&long_twice, shift_constant(2 * LONG_STREAM), __ATOMIC_RELAXED);
    __atomic_store_n(&short_once, shift_constant(SHORT_STREAM), __ATOMIC_RELAXED);
    __atomic_store_n(&short_twice, shift_constant(2 * SHORT_STREAM), __ATOMIC_RELAXED);
}

#elif defined(__aarch64__)

#ifndef HWCAP_CRC32
#define HWCAP_CRC32 (1 << 7)
#endif

/* One stream: the instruction's latency is 2 cycles there, about 4 bytes a cycle. */
__attribute__((target("+crc"))) static uint32_t by_instruction(uint32_t crc, const void *start,
                                                               size_t bytes) {
    const unsigned char *p = start;
    crc = ~crc;
    for (; bytes >= 8; bytes -= 8, p += 8) {
        uint64_t value;
        memcpy(&value, p, 8);
        crc = __crc32cd(crc, value);
    }
    for (; bytes; bytes--, p++) crc = __crc32cb(crc, *p);
    return ~crc;
}

static int has_instruction(void) { return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0; }
static void prepare(void) {}

#else

static uint32_t by_instruction(uint32_t crc, const void *p, size_t bytes) {
    return cairn_crc32c_table(crc, p, bytes);
}
static int has_instruction(void) { return 0; }
static void prepare(void) {}

#endif

/* ---- the choice ---------------------------------------------------------------------------- */

typedef uint32_t checksum(uint32_t, const void *, size_t);

static uint32_t choose(uint32_t crc, const void *p, size_t bytes);
static checksum *chosen = choose;

static checksum *choice(void) {
    checksum *known = __atomic_load_n(&chosen, __ATOMIC_ACQUIRE);
    if (known != choose) return known;
    checksum *best = cairn_crc32c_table;
    if (has_instruction()) {
        prepare();
        best = by_instruction;
    }
    __atomic_store_n(&chosen, best, __ATOMIC_RELEASE);
    return best;
}

static uint32_t choose(uint32_t crc, const void *p, size_t bytes) {
    return choice()(crc, p, bytes);
}

uint32_t cairn_crc32c(uint32_t crc, const void *p, size_t bytes) {
    return __atomic_load_n(&chosen, __ATOMIC_ACQUIRE)(crc, p, bytes);
}

int cairn_crc32c_is_hardware(void) { return choice() == by_instruction && has_instruction(); }
