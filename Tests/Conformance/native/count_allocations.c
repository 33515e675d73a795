/* Counts what each thread of a program takes from the heap and the kernel.
 *
 *   cc -O2 -fPIC -shared -o count_allocations.so count_allocations.c -ldl
 *   ALLOCATION_COUNTS=FILE LD_PRELOAD=./count_allocations.so PROGRAM
 *
 * FILE is mapped and shared: whoever runs the program reads the counts while it runs, without
 * disturbing it. Its layout is that of `struct shared` below; support/allocations.py reads it. A
 * thread is told by its kernel id, so that its name is found in /proc.
 *
 * While `armed` is the id of a thread, the call stacks of its allocations are kept as well, the
 * first STACKS of them: that is how a failing test says where.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { THREADS = 256, STACKS = 64, FRAMES = 24 };

/* One cache-line pair a thread: counting disturbs nobody. */
struct counts {
    uint64_t thread, allocations, frees, mappings, bytes, unused[11];
};

struct stack {
    uint64_t frames, addresses[FRAMES];
};

struct shared {
    uint64_t threads, armed, stacks, unused[13];
    struct counts counts[THREADS];
    struct stack stack[STACKS];
};

/* Counts before the file is mapped go nowhere. */
static struct shared nowhere;
static struct shared *shared = &nowhere;
static __thread struct counts *mine __attribute__((tls_model("initial-exec")));
static __thread int inside __attribute__((tls_model("initial-exec")));

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static struct counts *place(void) {
    if (mine) return mine;
    uint64_t number = __atomic_fetch_add(&shared->threads, 1, __ATOMIC_RELAXED);
    if (number >= THREADS) number = THREADS - 1;
    shared->counts[number].thread = (uint64_t)syscall(SYS_gettid);
    if (shared != &nowhere) mine = &shared->counts[number];
    return &shared->counts[number];
}

static void keep_stack(struct counts *counts) {
    if (inside || __atomic_load_n(&shared->armed, __ATOMIC_RELAXED) != counts->thread) return;
    uint64_t number = __atomic_fetch_add(&shared->stacks, 1, __ATOMIC_RELAXED);
    if (number >= STACKS) return;
    void *addresses[FRAMES];
    inside = 1;
    int frames = backtrace(addresses, FRAMES);
    inside = 0;
    for (int at = 0; at < frames; at++)
        shared->stack[number].addresses[at] = (uint64_t)(uintptr_t)addresses[at];
    __atomic_store_n(&shared->stack[number].frames, (uint64_t)frames, __ATOMIC_RELEASE);
}

static void allocated(size_t bytes) {
    if (inside) return;
    struct counts *counts = place();
    counts->allocations++;
    counts->bytes += bytes;
    keep_stack(counts);
}

static void mapped(size_t bytes) {
    if (inside) return;
    struct counts *counts = place();
    counts->mappings++;
    counts->bytes += bytes;
    keep_stack(counts);
}

__attribute__((constructor)) static void start(void) {
    const char *path = getenv("ALLOCATION_COUNTS");
    if (!path) return;
    /* The first call loads libgcc, which allocates: not while somebody is measured. */
    void *addresses[2];
    backtrace(addresses, 2);
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0 || ftruncate(descriptor, sizeof(struct shared)) != 0) abort();
    void *memory = (void *)syscall(
        SYS_mmap, NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (memory == MAP_FAILED) abort();
    close(descriptor);
    shared = memory;
}

void *malloc(size_t size) {
    allocated(size);
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    allocated(count * size);
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
    allocated(size);
    return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size) {
    allocated(size);
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    allocated(size);
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size) {
    allocated(size);
    void *memory = __libc_memalign(alignment, size);
    if (!memory) return 12; /* ENOMEM */
    *out = memory;
    return 0;
}

void free(void *memory) {
    if (memory && !inside) place()->frees++;
    __libc_free(memory);
}

void *mmap(void *address, size_t size, int protection, int flags, int descriptor, off_t offset) {
    mapped(size);
    return (void *)syscall(SYS_mmap, address, size, protection, flags, descriptor, offset);
}

void *mremap(void *address, size_t size, size_t fresh, int flags, ...) {
    __builtin_va_list rest;
    __builtin_va_start(rest, flags);
    void *target = __builtin_va_arg(rest, void *);
    __builtin_va_end(rest);
    mapped(fresh);
    return (void *)syscall(SYS_mremap, address, size, fresh, flags, target);
}
