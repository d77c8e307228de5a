/* http_head: one state for each byte, so that it matters not in which pieces they come. */
#include "loop/http_head.h"

#include <event2/buffer.h>

static void see_byte(struct http_head *head, char byte)
{
	head->has_nul = head->has_nul || !byte;
	if (byte == '\n') {
		head->is_over = head->at_line;
		head->at_line = true;
	} else if (byte != '\r') {
		head->at_line = false;
	}
}

void http_head_see(struct http_head *head, struct evbuffer *input, size_t added)
{
	struct evbuffer_ptr at;
	char piece[1024];
	ev_ssize_t got = 1;
	int found = evbuffer_ptr_set(input, &at, evbuffer_get_length(input) - added, EVBUFFER_PTR_SET);
	while (found == 0 && !head->is_over && (got = evbuffer_copyout_from(input, &at, piece, sizeof piece)) > 0) {
		for (ev_ssize_t i = 0; i < got && !head->is_over; i++)
			see_byte(head, piece[i]);
		found = evbuffer_ptr_set(input, &at, (size_t)got, EVBUFFER_PTR_ADD);
	}
}
