/* mem: memory that is there or the program is not.
 *
 * The one rule: these never return NULL. A daemon that has no memory left cannot tell anybody anything, so it
 * prints why and aborts; systemd starts it again and nothing accepted is lost. */
#ifndef CASEWATCH_BASE_MEM_H
#define CASEWATCH_BASE_MEM_H

#include <stddef.h>
#include <stdint.h>

/* Whether AddressSanitizer watches over memory, by the names that gcc and clang have for it. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define MEM_IS_WATCHED 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define MEM_IS_WATCHED 1
#endif
#ifndef MEM_IS_WATCHED
#define MEM_IS_WATCHED 0
#endif

#define MEM_NEW(type) ((type *)mem_zero(1, sizeof(type)))

/* For programs that will hold so many bytes in small pieces for as long as they run, and look at them at random: the
 * heap grows at once, in huge pages, of which none is taken before it is used. A hint: where there is no room for it,
 * nothing changes. Call it before threads start. */
void mem_expect(size_t bytes);
/* All threads take their memory from that one heap, not each from one of its own. Call it before threads start; for a
 * few threads: they wait for each other there, some nanoseconds at a time. */
void mem_share_heap(void);
void *mem_alloc(size_t size);                     /* not zeroed; free with free() */
void *mem_zero_large(size_t count, size_t size);  /* the same for tables looked up at random: in huge pages if large */
void *mem_zero(size_t count, size_t size);        /* zeroed; checks the multiplication */
void *mem_grow(void *old, size_t count, size_t size); /* realloc of count * size, checked */
char *mem_copy_text(const char *at, size_t length);   /* a NUL-terminated copy */

/* Fetches what lies there into the cache, some time before it is looked at. Always by this: to gcc a function that only
 * prefetches has no effect, so that it drops calls of it (for a month half of what was fetched ahead was not). */
static inline void mem_ahead(const void *at)
{
	__builtin_prefetch(at);
	__asm__ volatile(""); /* an effect, of no instruction */
}

/* An array that grows: makes room for one more of `size` bytes in `*items` (owned by the caller, free with free()),
 * doubling `*room`, and returns the new element, not zeroed, after counting it in `*count`. */
void *mem_push(void **items, size_t *count, size_t *room, size_t size);

/* The same with 32-bit counts, growing from one: for the many small arrays of which most stay empty or hold one. */
void *mem_push32(void **items, uint32_t *count, uint32_t *room, size_t size);

/* An arena: many small allocations that go at once. Not thread-safe. */
struct arena;
struct arena *arena_new(size_t chunk_bytes);
void arena_free(struct arena *arena);             /* NULL is fine */
void *arena_alloc(struct arena *arena, size_t size);  /* 8-aligned, not zeroed, lives until reset or free */
char *arena_copy_text(struct arena *arena, const char *at, size_t length); /* NUL-terminated */
void arena_reset(struct arena *arena);            /* forgets all, keeps the first chunk */
size_t arena_bytes(const struct arena *arena);    /* held from the system */

#endif
