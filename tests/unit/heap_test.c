/* heap: against a list whose least is sought from end to end. */
#include "base/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdint.h>
#include <stdlib.h>

struct job {
	int64_t at;
	int32_t name;
};

static bool sooner(const void *a, const void *b)
{
	const struct job *one = a, *other = b;
	return one->at != other->at ? one->at < other->at : one->name < other->name;
}

static int by_order(const void *a, const void *b)
{
	return sooner(a, b) ? -1 : sooner(b, a);
}

static void expect_in_order(struct heap *heap, struct job *jobs, size_t count)
{
	qsort(jobs, count, sizeof *jobs, by_order);
	assert_int_equal(heap->count, count);
	for (size_t i = 0; i < count; i++) {
		const struct job *top = heap_top(heap);
		assert_int_equal(top->at, jobs[i].at);
		assert_int_equal(top->name, jobs[i].name);
		heap_pop(heap);
	}
	assert_null(heap_top(heap));
}

static struct job random_job(int32_t name)
{
	return (struct job){random() % 40, name};
}

static void test_an_empty_heap_has_no_top(void **state)
{
	(void)state;
	struct heap heap = HEAP_OF(struct job, sooner);
	assert_null(heap_top(&heap));
	heap_sink_top(&heap);
	heap_make(&heap);
	heap_free(&heap);
	heap_push(&heap, &(struct job){3, 1});
	assert_int_equal(((struct job *)heap_top(&heap))->name, 1);
	heap_free(&heap);
}

static void test_pushed_one_by_one_or_put_in_order_at_once_the_first_comes_first(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 50; seed++) {
		struct heap one = HEAP_OF(struct job, sooner), all = HEAP_OF(struct job, sooner);
		struct job jobs[200];
		srandom(seed);
		size_t count = (size_t)random() % 200;
		for (size_t i = 0; i < count; i++) {
			jobs[i] = random_job((int32_t)i);
			heap_push(&one, &jobs[i]);
			heap_add_unordered(&all, &jobs[i]);
		}
		heap_make(&all);
		expect_in_order(&one, jobs, count);
		expect_in_order(&all, jobs, count);
		heap_free(&one);
		heap_free(&all);
	}
}

static void test_a_top_that_is_put_off_takes_its_new_place(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 50; seed++) {
		struct heap heap = HEAP_OF(struct job, sooner);
		struct job jobs[100];
		srandom(seed);
		for (int32_t i = 0; i < 100; i++) {
			jobs[i] = random_job(i);
			heap_push(&heap, &jobs[i]);
		}
		for (int step = 0; step < 300; step++) {
			struct job *top = heap_top(&heap);
			top->at += random() % 30;
			jobs[top->name] = *top;
			heap_sink_top(&heap);
		}
		expect_in_order(&heap, jobs, 100);
		heap_free(&heap);
	}
}

static void test_two_heaps_become_one_whichever_is_larger(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 50; seed++) {
		struct heap into = HEAP_OF(struct job, sooner), from = HEAP_OF(struct job, sooner);
		struct job jobs[100];
		srandom(seed);
		size_t split = (size_t)random() % 101;
		for (size_t i = 0; i < 100; i++) {
			jobs[i] = random_job((int32_t)i);
			heap_push(i < split ? &into : &from, &jobs[i]);
		}
		heap_merge(&into, &from);
		assert_int_equal(from.count, 0);
		expect_in_order(&into, jobs, 100);
		heap_free(&into);
		heap_free(&from);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_an_empty_heap_has_no_top),
	        cmocka_unit_test(test_pushed_one_by_one_or_put_in_order_at_once_the_first_comes_first),
	        cmocka_unit_test(test_a_top_that_is_put_off_takes_its_new_place),
	        cmocka_unit_test(test_two_heaps_become_one_whichever_is_larger),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
