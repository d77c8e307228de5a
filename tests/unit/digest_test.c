/* SHA-256, HMAC and base64 are what their standards' own examples say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/digest.h"

static void is_hex(struct digest digest, const char *expected)
{
	struct buffer hex = {0};
	digest_put_hex(digest_view(&digest), &hex);
	assert_string_equal(buffer_cstr(&hex), expected);
	buffer_free(&hex);
}

/* FIPS 180-4's examples. */
static void sha256_is_of_the_standard(void **unused)
{
	(void)unused;
	is_hex(digest_sha256(TEXT("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	is_hex(digest_sha256(TEXT_NONE), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* RFC 4231, test cases 2 and 6 (a key longer than a block). */
static void hmac_is_of_the_standard(void **unused)
{
	(void)unused;
	is_hex(digest_hmac(TEXT("Jefe"), TEXT("what do ya want for nothing?")),
	       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	char key[131];
	memset(key, 0xaa, sizeof key);
	is_hex(digest_hmac((struct text){key, sizeof key},
	                   TEXT("Test Using Larger Than Block-Size Key - Hash Key First")),
	       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	is_hex(digest_hmac(TEXT_NONE, TEXT_NONE), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
	is_hex(digest_hmac((struct text){key, 64}, TEXT("block")), /* a block to the byte, and one more (by Python's) */
	       "17fdf183abeadb3f439b70ca7d86f064900bd9e62791d5a5b0e6e3cd8db333b1");
	is_hex(digest_hmac((struct text){key, 65}, TEXT("block")),
	       "ebe41bf697b304869f1e5b200dad9a20c294642d8a91318afc0d99e3192500fb");
}

static void digests_are_equal_only_as_a_whole(void **unused)
{
	(void)unused;
	struct digest one = digest_sha256(TEXT("one")), other = one;
	assert_true(digest_equal(&one, &other, sizeof one));
	for (size_t i = 0; i < sizeof other.at; i++) {
		other.at[i] ^= 1;
		assert_false(digest_equal(&one, &other, sizeof one));
		other.at[i] ^= 1;
	}
	digest_wipe(&other, sizeof other);
	for (size_t i = 0; i < sizeof other.at; i++)
		assert_int_equal(other.at[i], 0);
}

/* RFC 4648, section 10, and the two signs that are not of the ordinary alphabet. */
static void base64_for_urls_is_of_the_standard(void **unused)
{
	(void)unused;
	static const struct {
		struct text bytes;
		const char *coded;
	} examples[] = {
		{TEXT_LITERAL(""), ""},
		{TEXT_LITERAL("f"), "Zg"},
		{TEXT_LITERAL("fo"), "Zm8"},
		{TEXT_LITERAL("foo"), "Zm9v"},
		{TEXT_LITERAL("foob"), "Zm9vYg"},
		{TEXT_LITERAL("fooba"), "Zm9vYmE"},
		{TEXT_LITERAL("foobar"), "Zm9vYmFy"},
		{TEXT_LITERAL("\xfb\xef\xff"), "--__"},
	};
	struct buffer out = {0}, back = {0};
	for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
		buffer_clear(&out);
		digest_put_base64url(examples[i].bytes, &out);
		assert_string_equal(buffer_cstr(&out), examples[i].coded);
		assert_true(digest_read_base64url(buffer_view(&out), &back));
		assert_true(text_equal(buffer_view(&back), examples[i].bytes));
	}
	buffer_free(&out);
	buffer_free(&back);
}

static void one_value_has_one_writing(void **unused)
{
	(void)unused;
	static const char *refused[] = {"Z", "Zh", "Zm9", "Zg==", "Zm9v\n", " Zm9v", "Zm+v", "Zm/v", "Zm9vZ"};
	struct buffer back = {0};
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		assert_false(digest_read_base64url(text_of(refused[i]), &back));
		assert_int_equal(back.length, 0);
	}
	assert_false(digest_read_base64url((struct text){"Zm\0v", 4}, &back));
	buffer_free(&back);
}

static void what_is_random_is_not_twice_the_same(void **unused)
{
	(void)unused;
	unsigned char one[DIGEST_BYTES], other[DIGEST_BYTES];
	digest_random(one, sizeof one);
	digest_random(other, sizeof other);
	assert_memory_not_equal(one, other, sizeof one);
}

static void hexadecimal_is_read_as_it_is_written_and_in_no_other_way(void **unused)
{
	(void)unused;
	unsigned char at[2] = {0};
	static const char *const others[] = {"", "00f", "00FF", "0x0f", " 0ff", "00fg", "00ff0", "00ff00"};
	assert_true(digest_take_hex(TEXT("00ff"), at, sizeof at));
	assert_int_equal(at[0], 0);
	assert_int_equal(at[1], 255);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_false(digest_take_hex(text_of(others[i]), at, sizeof at));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_is_of_the_standard),
		cmocka_unit_test(hmac_is_of_the_standard),
		cmocka_unit_test(digests_are_equal_only_as_a_whole),
		cmocka_unit_test(hexadecimal_is_read_as_it_is_written_and_in_no_other_way),
		cmocka_unit_test(base64_for_urls_is_of_the_standard),
		cmocka_unit_test(one_value_has_one_writing),
		cmocka_unit_test(what_is_random_is_not_twice_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
