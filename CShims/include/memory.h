/* Memory of the machine: mappings, NUMA binding, huge pages, and the relaxed counters that one
 * thread writes and another reads. Thin inline functions only; no policy. */
#ifndef CAIRN_MEMORY_H
#define CAIRN_MEMORY_H

#include <errno.h>
#include <numa.h>
#include <numaif.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

/* Reserves address space without committing memory. Returns NULL and errno on failure. */
static inline void *cairn_reserve(size_t bytes) {
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

static inline int cairn_release(void *base, size_t bytes) {
    return munmap(base, bytes) == 0 ? 0 : -errno;
}

/* Grows a mapping, moving it where needed; NULL and errno on failure (the old one stays). */
void *cairn_grow(void *base, size_t bytes, size_t wanted);

static inline int cairn_advise(void *base, size_t bytes, int advice) {
    return madvise(base, bytes, advice) == 0 ? 0 : -errno;
}

/* Prefers `node` for the range; 0, or a negative errno. */
static inline int cairn_prefer_node(void *base, size_t bytes, int node) {
    unsigned long mask[16] = {0};
    if (node < 0 || node >= 1024) return -EINVAL;
    mask[node / 64] = 1ul << (node % 64);
    return mbind(base, bytes, MPOL_PREFERRED, mask, 1024, 0) == 0 ? 0 : -errno;
}

/* A hint: load the line of `p`, which need not be mapped. */
static inline void cairn_prefetch(const void *p) { __builtin_prefetch(p); }

/* One writer, many readers: relaxed loads and stores compile to plain moves and adds. */
static inline void cairn_counter_add(uint64_t *p, uint64_t n) {
    __atomic_store_n(p, __atomic_load_n(p, __ATOMIC_RELAXED) + n, __ATOMIC_RELAXED);
}
static inline void cairn_counter_set(uint64_t *p, uint64_t v) {
    __atomic_store_n(p, v, __ATOMIC_RELAXED);
}
static inline uint64_t cairn_counter_get(const uint64_t *p) {
    return __atomic_load_n(p, __ATOMIC_RELAXED);
}

/* Shared words with order, for mailboxes and flags. */
static inline uint64_t cairn_load_acquire(const uint64_t *p) {
    return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}
static inline void cairn_store_release(uint64_t *p, uint64_t v) {
    __atomic_store_n(p, v, __ATOMIC_RELEASE);
}
static inline uint64_t cairn_exchange(uint64_t *p, uint64_t v) {
    return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);
}
static inline uint64_t cairn_fetch_add(uint64_t *p, uint64_t v) {
    return __atomic_fetch_add(p, v, __ATOMIC_SEQ_CST);
}
static inline void cairn_fence(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
static inline void cairn_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

#endif
