/* notify_call: reads a call of GOV.UK Notify. */
#include "channel/http/notify_call.h"

#include "base/digest.h"
#include "base/file.h"
#include "channel/http/notify.h"
#include "text/json_read.h"

#include <errno.h>
#include <stdio.h>

enum result notify_call_token(const char *path, struct buffer *token, struct fault *fault)
{
	char line[NOTIFY_CALL_TOKEN_MOST + 3];
	FILE *file = path ? file_read(path) : NULL;
	if (!file)
		return fault_set(fault, RESULT_PERMANENT, "cannot read notify.callback-token-file %s: %s",
		                 path ? path : "", path ? strerror(errno) : "it is not set");
	bool read = fgets(line, sizeof line, file) != NULL;
	(void)fclose(file);
	size_t length = read ? strcspn(line, "\r\n") : 0;
	enum result result = RESULT_OK;
	if (length < NOTIFY_CALL_TOKEN_LEAST || length > NOTIFY_CALL_TOKEN_MOST)
		result = fault_set(fault, RESULT_PERMANENT,
		                   "notify.callback-token-file %s needs %d to %d characters on its first line", path,
		                   NOTIFY_CALL_TOKEN_LEAST, NOTIFY_CALL_TOKEN_MOST);
	else
		buffer_add(token, line, length);
	digest_wipe(line, sizeof line);
	return result;
}

/* "Bearer TOKEN", the scheme in whatever case (RFC 9110 11.1). */
static bool is_token(struct text token, struct text authorization)
{
	static const struct text scheme = TEXT_LITERAL("Bearer ");
	struct text given = text_trim(authorization);
	if (!token.length || given.length != scheme.length + token.length ||
	    !text_equal_fold((struct text){given.at, scheme.length}, scheme))
		return false;
	return digest_equal(given.at + scheme.length, token.at, token.length);
}

static void copy_value(struct text value, char *out, size_t room)
{
	if (value.length < room) { /* a reference of ours fits: a longer one is none */
		memcpy(out, value.at, value.length);
		out[value.length] = '\0';
	}
}

int notify_call_read(struct text token, struct text authorization, struct text body, struct notify_call *call)
{
	char status[64] = "";
	struct text name, value;
	enum json_token kind = JSON_FAULT;
	*call = (struct notify_call){.reference = ""};
	if (!is_token(token, authorization))
		return 401;
	if (body.length > NOTIFY_CALL_BYTES)
		return 413;
	struct json_reader *reader = json_reader_new(4, 4096);
	json_start(reader, body, 0);
	if (json_next(reader, &name) == JSON_OBJECT)
		while ((kind = json_next(reader, &name)) == JSON_KEY) {
			bool reference = text_equal(name, TEXT("reference")),
			     of_status = text_equal(name, TEXT("status"));
			kind = json_next(reader, &value);
			if (kind == JSON_STRING && reference)
				copy_value(value, call->reference, sizeof call->reference);
			else if (kind == JSON_STRING && of_status)
				copy_value(value, status, sizeof status);
			else if ((kind = json_skip(reader, kind)) == JSON_FAULT)
				break;
		}
	bool whole = kind == JSON_OBJECT_END && json_next(reader, &value) == JSON_END;
	json_reader_free(reader);
	if (!whole || !status[0])
		return 400;
	notify_by_status(status, &call->reply);
	return 200;
}
