/* http_token: bearer tokens (RFC 6750) from a file, one a line, compared in a time that says nothing of them. */
#include "source/http_internal.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>

#define LOOK_EVERY (5 * SECOND) /* at whether the file was replaced: a token that was taken out must not live on */
#define FILE_BYTES 4096
#define TOKEN_MOST 512 /* characters: what fits into a header of ours many times; secrets are 32 to 256 long */

struct http_tokens {
	const char *path;
	struct digest digests[HTTP_INTAKE_TOKENS_MOST];
	size_t count;
	instant looked;
	struct stat seen;
	struct fault wrong; /* why it cannot be used now; empty: it can */
};

/* Of the hashes: equal lengths, whatever was sent. */
static bool add_token(struct http_tokens *tokens, struct text line)
{
	line = text_trim(line);
	if (!line.length)
		return true;
	if (line.length < HTTP_INTAKE_TOKEN_LEAST || line.length > TOKEN_MOST ||
	    tokens->count == HTTP_INTAKE_TOKENS_MOST)
		return false;
	tokens->digests[tokens->count++] = digest_sha256(line);
	return true;
}

static bool add_lines(struct http_tokens *tokens, struct text all)
{
	while (all.length) {
		const char *end = memchr(all.at, '\n', all.length);
		struct text line = {all.at, end ? (size_t)(end - all.at) : all.length};
		size_t used = line.length + (end != NULL);
		if (!add_token(tokens, line))
			return false;
		all = (struct text){all.at + used, all.length - used};
	}
	return tokens->count != 0;
}

static enum result read_file(struct http_tokens *tokens, struct fault *fault)
{
	char bytes[FILE_BYTES];
	FILE *file = file_read(tokens->path);
	if (!file)
		return fault_set(fault, RESULT_PERMANENT, "http-intake.token-file %s cannot be read: %s", tokens->path,
		                 strerror(errno));
	size_t length = fread(bytes, 1, sizeof bytes, file);
	(void)fstat(fileno(file), &tokens->seen);
	(void)fclose(file);
	tokens->count = 0;
	bool good = length < sizeof bytes && add_lines(tokens, (struct text){bytes, length});
	digest_wipe(bytes, sizeof bytes);
	if (good)
		return RESULT_OK;
	return fault_set(fault, RESULT_PERMANENT,
	                 "http-intake.token-file %s: write 1 to %d tokens of %d to %d characters, one a line",
	                 tokens->path, HTTP_INTAKE_TOKENS_MOST, HTTP_INTAKE_TOKEN_LEAST, TOKEN_MOST);
}

enum result http_tokens_load(const char *path, struct http_tokens **tokens, struct fault *fault)
{
	struct http_tokens *made = MEM_NEW(struct http_tokens);
	made->path = path;
	enum result result = read_file(made, fault);
	if (result != RESULT_OK) {
		http_tokens_free(made);
		made = NULL;
	}
	*tokens = made;
	return result;
}

void http_tokens_free(struct http_tokens *tokens)
{
	if (tokens)
		digest_wipe(tokens->digests, sizeof tokens->digests);
	free(tokens);
}

static bool was_replaced(const struct http_tokens *tokens)
{
	struct stat now;
	return stat(tokens->path, &now) != 0 || now.st_ino != tokens->seen.st_ino ||
	       now.st_size != tokens->seen.st_size || now.st_mtim.tv_sec != tokens->seen.st_mtim.tv_sec ||
	       now.st_mtim.tv_nsec != tokens->seen.st_mtim.tv_nsec;
}

/* A file that is half written, or gone, changes nothing: those that held hold, also one that was to be taken away. */
static void look_anew(struct http_tokens *tokens, instant elapsed)
{
	struct http_tokens fresh = {.path = tokens->path};
	struct fault fault = {0};
	if (tokens->looked && elapsed - tokens->looked < LOOK_EVERY)
		return;
	tokens->looked = elapsed;
	if (!tokens->wrong.text[0] && !was_replaced(tokens))
		return;
	if (read_file(&fresh, &fault) == RESULT_OK) {
		fresh.looked = elapsed;
		*tokens = fresh;
		log_notice("the tokens of http-intake.token-file were read anew: %zu", tokens->count);
	} else {
		tokens->wrong = fault;
	}
	digest_wipe(fresh.digests, sizeof fresh.digests);
}

const char *http_tokens_wrong(struct http_tokens *tokens, instant elapsed)
{
	if (!tokens)
		return NULL;
	look_anew(tokens, elapsed);
	return tokens->wrong.text[0] ? tokens->wrong.text : NULL;
}

bool http_tokens_allow(struct http_tokens *tokens, struct text authorization, instant elapsed)
{
	static const struct text scheme = TEXT_LITERAL("bearer ");
	bool allowed = false;
	if (!tokens)
		return true;
	look_anew(tokens, elapsed);
	if (authorization.length <= scheme.length || strncasecmp(authorization.at, scheme.at, scheme.length) != 0)
		return false;
	struct text sent = {authorization.at + scheme.length, authorization.length - scheme.length};
	struct digest digest = digest_sha256(text_trim(sent));
	for (size_t i = 0; i < tokens->count; i++)
		allowed = digest_equal(&digest, &tokens->digests[i], sizeof digest) || allowed;
	return allowed;
}
