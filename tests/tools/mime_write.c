/* mime_write: writes one mail for tests/system. Standard input holds messages, each as seven parts that begin with
 * their length: "LENGTH\n" and so many bytes: sender's name, recipient, subject, Message-ID, first Message-ID, text,
 * HTML. For each: "ok LENGTH\n" and the bytes of the mail, or "refused REASON\n". */
#include "channel/smtp/mime.h"

#include <stdio.h>
#include <stdlib.h>

#define PARTS 7
#define PART_MOST (1u << 20)

static bool read_part(struct buffer *part)
{
	char line[32];
	if (!fgets(line, sizeof line, stdin))
		return false;
	size_t length = strtoul(line, NULL, 10);
	if (length > PART_MOST)
		return false;
	char *bytes = malloc(length + 1);
	bool whole = bytes && fread(bytes, 1, length, stdin) == length;
	buffer_clear(part);
	if (whole)
		buffer_add(part, bytes, length);
	free(bytes);
	return whole;
}

int main(void)
{
	struct buffer parts[PARTS] = {{0}};
	for (;;) {
		for (int i = 0; i < PARTS; i++)
			if (!read_part(&parts[i])) {
				for (int k = 0; k < PARTS; k++)
					buffer_free(&parts[k]);
				return 0;
			}
		struct mime_head head = {.from = TEXT("casewatch@council.example"), .from_name = buffer_view(&parts[0]),
		                         .to = buffer_view(&parts[1]), .subject = buffer_view(&parts[2]),
		                         .message_id = buffer_view(&parts[3]), .first_id = buffer_view(&parts[4]),
		                         .date = 1580868600 * SECOND};
		struct buffer wire = {0};
		struct fault fault = {""};
		if (mime_write(&head, buffer_view(&parts[5]), buffer_view(&parts[6]), &wire, &fault) == RESULT_OK) {
			(void)printf("ok %zu\n", wire.length);
			(void)fwrite(wire.at, 1, wire.length, stdout);
		} else {
			(void)printf("refused %s\n", fault.text);
		}
		(void)fflush(stdout);
		buffer_free(&wire);
	}
}
