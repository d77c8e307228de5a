/* audit: the record of everything that was done, one row each, as a chain: the SHA-256 of a row covers the row before
 * it, so that whoever kept the last row's hash elsewhere can prove that none before it was changed, left out, put in or
 * moved. docs/audit.md has the kinds of rows and the bytes that are hashed.
 *
 * The one rule: a row is written in the transaction of what it tells of, and is never changed; what tells of a child
 * (alert, subject, personal) stands beside the chain, which holds an HMAC of it with a key of that child, so that
 * erasing a child takes the key and those words and leaves the chain whole. */
#ifndef CASEWATCH_STORE_AUDIT_AUDIT_H
#define CASEWATCH_STORE_AUDIT_AUDIT_H

#include "base/clock.h"
#include "base/digest.h"
#include "base/text.h"

struct store;

struct audit_row {
	instant at;
	const char *what;      /* "alert.opened": its kind */
	struct text alert;     /* its id; empty: about none */
	int64_t number;        /* of the alert, where its id is not at hand; else 0 */
	struct text rule;      /* of the alert; of a list its id, of a word to ops its id */
	struct text subject;   /* the child, worker or provider; empty: about none */
	struct text person;    /* who did it, or who was told: an id of the directory */
	struct text detail;    /* JSON object that stays: nothing of the child; empty: {} */
	struct text personal;  /* JSON object that goes when the child is erased: words about the child, and what
	                          people typed */
};
/* In the caller's transaction. */
MUST_CHECK enum result audit_write(struct store *store, const struct audit_row *row, struct fault *fault);
/* The same without personal detail and without a person. */
MUST_CHECK enum result audit_add(struct store *store, instant at, const char *what, struct text alert, struct text rule,
                                 struct text subject, struct text detail_json, struct fault *fault);
/* A person looked at a child's data: kind "page.opened". `page`: which ("child", "alert", "board"). */
MUST_CHECK enum result audit_look(struct store *store, instant at, struct text person, const char *page,
                                  struct text subject, struct text alert, struct fault *fault);

/* ---- reading ---- */

/* A row as it is kept. Of one whose child was erased alert, subject and personal are empty. */
struct audit_entry {
	int64_t id;            /* the row's number, from 1, without a gap */
	instant at;
	struct text what;
	int64_t number;        /* of the alert; 0: none */
	struct text rule, person, detail;
	int64_t key;           /* of the child: its row in subject_key; 0: about none */
	struct text proof;     /* the HMAC of what follows; empty where key is 0 */
	struct text alert, subject, personal;
	struct text hash;
};
typedef enum result audit_entry_visit(void *argument, const struct audit_entry *entry, struct fault *fault);
struct audit_filter {
	struct text alert;     /* an id or a number ("A-2041"); empty in all: no matter which */
	struct text subject, person;
	instant from, until;   /* from <= at < until; INSTANT_NONE, INSTANT_NEVER: open */
};
/* The row of that number, if there is one. */
MUST_CHECK enum result audit_row(struct store *store, int64_t row, audit_entry_visit *visit, void *argument,
                                 struct fault *fault);
/* In the order in which they were written. */
MUST_CHECK enum result audit_find(struct store *store, const struct audit_filter *filter, audit_entry_visit *visit,
                                  void *argument, struct fault *fault);
/* Those of an alert (empty: all), the members of detail and personal in one JSON object. */
typedef enum result audit_visit(void *argument, int64_t id, instant at, struct text what, struct text alert,
                                struct text rule, struct text subject, struct text detail_json, struct fault *fault);
MUST_CHECK enum result audit_each(struct store *store, struct text alert, audit_visit *visit, void *argument,
                                  struct fault *fault);

/* ---- the head ---- */

struct audit_head {
	int64_t row;           /* 0: there is none */
	instant at;
	struct digest hash;    /* of row 0: zeros */
};
MUST_CHECK enum result audit_head(struct store *store, struct audit_head *head, struct fault *fault);
/* "104332:9f3c01d7…" with all 64 digits: what is kept elsewhere. */
void audit_head_put(const struct audit_head *head, struct buffer *out);
/* "9f3c 01d7": as people compare it. */
void audit_head_short(const struct audit_head *head, struct buffer *out);

/* ---- erasing ---- */

/* Takes the key of a subject and every word about it in the audit, and writes the row that says so ("subject.erased"),
 * without which the chain would not verify. *rows: how many rows told of it; 0: nothing was known. In the caller's
 * transaction; linked ids are erased one by one, by the caller. */
MUST_CHECK enum result audit_erase(struct store *store, struct text subject, struct text person, instant at,
                                   int64_t *rows, struct fault *fault);

/* ---- time stamps of others (RFC 3161) ---- */

struct audit_stamp {
	int64_t row;           /* of the audit, whose hash was stamped */
	instant at;            /* when the token came */
	struct text token;     /* DER of a TimeStampToken, as the service gave it */
};
MUST_CHECK enum result audit_stamp_add(struct store *store, const struct audit_stamp *stamp, struct fault *fault);
typedef enum result audit_stamp_visit(void *argument, const struct audit_stamp *stamp, struct text hash,
                                      struct fault *fault); /* `hash`: of the row; empty: there is no such row */
MUST_CHECK enum result audit_stamps(struct store *store, audit_stamp_visit *visit, void *argument,
                                    struct fault *fault);

/* ---- verifying ---- */

struct audit_known {         /* a head that was kept elsewhere */
	int64_t row;
	char hash[2 * DIGEST_BYTES + 1]; /* its first digits, eight at least */
};
#define AUDIT_KNOWN_LEAST 8
/* "104332:9f3c01d7", blanks between digits allowed. */
bool audit_known_read(struct text words, struct audit_known *known);

struct audit_verdict {
	int64_t rows;          /* that fit, one after another from the first */
	int64_t erased;        /* of them, whose words were erased */
	int64_t wrong;         /* the first row that does not fit; 0: all do */
	char what[320];        /* is wrong with it, and what was expected */
	struct digest hash;    /* of the last row that fits */
};
typedef bool audit_progress(void *argument, int64_t rows); /* false: no more; RESULT_TEMPORARY then */
/* Reads the whole chain; `known` as many heads kept elsewhere. RESULT_OK also where something is wrong: see the
 * verdict. `progress` (may be NULL) every 100,000 rows. */
MUST_CHECK enum result audit_verify(struct store *store, const struct audit_known *known, size_t known_count,
                                    audit_progress *progress, void *argument, struct audit_verdict *verdict,
                                    struct fault *fault);

#endif
