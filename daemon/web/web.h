/* web: the pages of casewatchd: which there are, what all have in common, and the threads that make them.
 *
 * Owns the server with a loop and thread of its own, the threads that make pages, and a reading connection of each of
 * those. The one rule: a page never holds up an alert, and taking events in never holds up an answer: pages are made
 * off the daemon's loop, on a connection that cannot write; what one changes it hands in as an event, by the door that
 * every event comes through, and what somebody looked at is on record before they see it. No page has a script. */
#ifndef CASEWATCH_WEB_WEB_H
#define CASEWATCH_WEB_WEB_H

#include "base/shared.h"
#include "loop/http_server.h"
#include "people/directory.h"
#include "rules/rule.h"
#include "store/store.h"
#include "text/data.h"
#include "text/template.h"
#include "time/calendar.h"

struct config;

#define WEB_THREADS 2        /* as many as the machine that this was measured on has processors */
#define WEB_WAITING_MOST 64  /* requests that wait for a thread; further ones are told to come again (503) */
#define WEB_SLOW_WAITING_MOST 24 /* of them pages that are slow: answers have the other places */
#define WEB_PARTS_MOST 4     /* of a path, that stood where its pattern has a colon */
#define WEB_LOOKS_MOST 256   /* children a page may show; one with more is not sent: page it before that */

/* What pages are made of. All is borrowed until web_use or web_free. */
struct web_settings {
	const char *database;
	const struct directory *directory;
	const struct ruleset *rules;
	const struct calendar *calendar;
	const struct template_set *templates; /* pages are NAME.html of it; NULL: every page is a plain one */
	const char *council;
	const char *user_header;  /* in lower case: by the trusted socket it names who is signed in; NULL: nobody */
	instant go_live;
	struct duration review_after[3];      /* by severity: rules.md, "How long an alert stands" */
	const struct link_keys *keys;         /* of links and forms; NULL: nobody answers by a link */
	size_t event_bytes, event_depth;      /* of stored events */
	const char *type_prefix;
	bool by_log;              /* a machine of a cell: alert_context.h */
	const struct config *config;          /* all of it, for pages that explain; opaque here */
	struct clock clock;
	/* Hands an event in: `bytes`, one CloudEvent a line, in a file called `name`. Called on the threads of pages;
	 * RESULT_OK: it is on the disk and will be taken. */
	enum result (*hand_in)(void *context, const char *name, struct text bytes, struct fault *fault);
	void *context;
	/* Takes a call of GOV.UK Notify by its header `Authorization` and its body; returns the HTTP status. Called on
	 * the threads of pages; NULL: Notify does not call. */
	int (*notify_called)(void *context, struct text authorization, struct text body);
	void *notify_context;
	struct shared *owner; /* of all that the above points to, but the contexts: each page holds it; NULL: nobody
	                         frees it while there are pages */
};

/* One look at a child's data, as it goes on record. */
struct web_look {
	struct text subject, alert; /* either may be empty */
};

/* A request whose page is being made, on a thread that makes pages. The texts of the request and all that is made in
 * the arena live until the reply has gone. */
struct web_page {
	const struct http_incoming *request;
	struct text parts[WEB_PARTS_MOST]; /* what stood for each colon of the pattern, decoded */
	const struct web_settings *settings;
	const struct web_route *route;
	const struct person *person;  /* who is signed in; NULL: nobody, or nobody of the directory */
	struct text user;             /* what the proxy said; empty: nothing */
	struct store *store;          /* reading; sees the database as of the page's beginning */
	const struct zone *zone;
	instant now;
	struct arena *arena;
	struct http_reply reply;
	struct web_look *looks;
	size_t look_count, look_room;
	struct web_brake *brake;
	bool again;                   /* set by the maker: what it waits for has not come; make it anew in WEB_AGAIN */
	unsigned tries;               /* how often it was made before */
};
#define WEB_AGAIN (SECOND / 20)
#define WEB_TRIES_MOST 60     /* three seconds; the maker then says that it is on its way */

/* Makes the page into page->reply. RESULT_TEMPORARY and RESULT_PERMANENT: what went wrong, for the log; the reader
 * gets a page that says that it is our fault and what to do (500). */
typedef enum result web_make(struct web_page *page, struct fault *fault);

enum web_who {
	WEB_ANYBODY,   /* whoever has the address: it asks for no name, and shows nothing of a child without one */
	WEB_SIGNED_IN, /* people of the directory; others get a page that says whom to ask (403) */
	WEB_BY_SOCKET, /* programs of this machine by the trusted socket */
};

/* A row of the table of pages. */
struct web_route {
	enum http_method method;  /* HTTP_GET answers HEAD as well */
	const char *path;         /* "/alerts/:/events": a colon stands for one part that is not empty */
	enum web_who who;
	web_make *make;
	const char *name;         /* of the page, in the audit and the log: "answer page" */
	bool slow;                /* it asks the engine or reads much: one of these is made at a time, so that whoever
	                             answers an alert never waits for whoever looks */
};
/* routes.c: all of them; the first that fits. */
extern const struct web_route web_routes[];
extern const size_t web_route_count;

/* Whether `what` (a number of a link, say) may be done once more within this minute: at most `most` times, over all
 * threads. Two that fall into one of the places counted in share them. */
MUST_CHECK bool web_brake(struct web_page *page, uint64_t what, unsigned most);
struct web_brake *web_brake_new(void);
void web_brake_free(struct web_brake *brake);
/* Notes that the page shows something of this child: on record before it goes out. A child once a page. */
void web_look(struct web_page *page, struct text subject, struct text alert);
/* Renders NAME.html with `data`, to which `council`, `signed_in` (the title of the role of who is signed in; empty:
 * nobody is), `duty_phone`, `duty_link`, `duty_title` (of the duty team) and `now` are added. Sets the status. */
MUST_CHECK enum result web_render(struct web_page *page, const char *name, struct data *data, int status,
                                  struct fault *fault);
/* A page of a few sentences: not found, refused, gone. Always works, also without templates. */
void web_say(struct web_page *page, int status, const char *title, const char *sentences);
void web_redirect(struct web_page *page, const char *location); /* 303: after a POST */
/* A value for a form, good for one use: `what` (a path, say) is bound into it. web_form_used reads it back: false: it
 * is none of ours, or of another form. `id`: the same for the same value, so that what it hands in is the same event
 * and counts once. */
#define WEB_FORM_SIZE 64
#define WEB_FORM_ID_SIZE 40
void web_form_value(const struct web_page *page, struct text what, char value[WEB_FORM_SIZE]);
MUST_CHECK bool web_form_used(const struct web_page *page, struct text what, struct text value,
                              char id[WEB_FORM_ID_SIZE]);
/* The title of the role in which somebody of the directory answers first; "" for none. */
const char *web_role_title(const struct web_settings *settings, const struct person *person);

struct web;
/* Starts the threads that make pages. `looked` writes looks into the audit, on the thread of `loop`, the daemon's;
 * false: it could not, and the page does not go out. */
typedef bool web_looked(void *context, instant at, struct text person, const char *page, const struct web_look *looks,
                        size_t count);
MUST_CHECK enum result web_new(struct loop *loop, const struct web_settings *settings, web_looked *looked,
                               void *context, struct web **web, struct fault *fault);
/* Waits for pages that are being made. NULL is fine. */
void web_free(struct web *web);
/* After a reload: pages that are being made go on with what was in force. Waits for nobody. */
void web_use(struct web *web, const struct web_settings *settings);
/* Serves them on a socket, an address, or both (loop/http_server.h), anew if they were served before. On failure they
 * are not served. */
MUST_CHECK enum result web_listen(struct web *web, const char *socket, const char *address, struct fault *fault);
/* Whether they are served, and whoever opens the socket's name comes here. */
bool web_is_served(const struct web *web);
int web_port(const struct web *web); /* of the address; 0: none */

#endif
