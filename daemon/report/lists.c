/* lists: facts are read once, beside the loop, for all who get the list at that time. */
#include "report/lists.h"

#include "base/threads.h"
#include "base/waker.h"
#include "ops/ops.h"
#include "store/lines.h"

#include <stdio.h>
#include <stdlib.h>

#define SERVES (5 * MINUTE) /* facts read longer ago are read anew */
#define KEPT 512            /* lists whose facts are at hand; the oldest gives way, and is read again when asked for */

struct kept {
	struct list_facts *facts; /* NULL: free */
	const struct config_list *list;
	instant as_of, last, read;
	char team[64], person[64]; /* of a report that is somebody's own */
};

/* One reading on its way. */
struct job {
	pthread_t thread;
	bool running, threaded;   /* running: until its facts are taken */
	bool stale;               /* begun before a reload: nobody wants it any more */
	struct shared *owner;     /* held: of what it reads by */
	struct list_request request;
	char team[64], person[64];
	struct waker *done;       /* of the lists */
	struct list_facts *facts;
	enum result result;
	struct fault fault;
};

/* One that was asked for while another was being read: it is next. Where there are more than so many, the others are
 * asked for again. */
struct waiting {
	const struct config_list *list;
	instant as_of, last, due;
	char team[64], person[64];
	bool full;
};

struct lists {
	struct lists_settings settings;
	struct waiting waiting[KEPT];
	size_t waiting_count;
	struct kept kept[KEPT];
	struct job job;
	char taken_team[64], taken_person[64]; /* of what lists_take gave last: the next job has begun */
	size_t unreadable;       /* of the same */
	int64_t unreadable_last;
	struct waker *done;
};

struct lists *lists_new(const struct lists_settings *settings, struct fault *fault)
{
	struct lists *lists = MEM_NEW(struct lists);
	lists->settings = *settings;
	lists->done = waker_new(fault);
	if (lists->done)
		return lists;
	free(lists);
	return NULL;
}

/* ---- the thread ---- */

static void *read_list(void *argument)
{
	struct job *job = argument;
	job->facts = list_facts_read(&job->request, &job->result, &job->fault);
	waker_wake(job->done);
	return NULL;
}

static void keep_id(char *room, size_t size, struct text id)
{
	(void)snprintf(room, size, "%.*s", TEXT_ARG(id));
}

static void start_job(struct lists *lists, const struct lists_wanted *wanted)
{
	struct job *job = &lists->job;
	const struct lists_settings *settings = &lists->settings;
	*job = (struct job){.done = lists->done};
	keep_id(job->team, sizeof job->team, wanted->team);
	keep_id(job->person, sizeof job->person, wanted->person);
	job->request = (struct list_request){.database = settings->database,
	                                     .rules = settings->rules,
	                                     .zone = calendar_zone(settings->calendar),
	                                     .list = wanted->list,
	                                     .as_of = wanted->as_of,
	                                     .last = wanted->last,
	                                     .due = wanted->due,
	                                     .full = wanted->full,
	                                     .team = text_of(job->team),
	                                     .person = text_of(job->person),
	                                     .calendar = settings->calendar,
	                                     .directory = settings->directory,
	                                     .go_live = settings->go_live,
	                                     .type_prefix = settings->type_prefix};
	job->owner = shared_hold(settings->owner);
	job->running = true;
	job->threaded = thread_start(&job->thread, read_list, job);
	if (!job->threaded) /* rather the loop stands than that nobody gets the list */
		(void)read_list(job);
}

static void end_job(struct lists *lists)
{
	if (!lists->job.running)
		return;
	if (lists->job.threaded)
		(void)pthread_join(lists->job.thread, NULL);
	lists->job.running = false;
	if (lists->job.stale) {
		list_facts_free(lists->job.facts);
		lists->job.facts = NULL;
	}
	shared_release(lists->job.owner);
	(void)waker_drain(lists->done);
}

static bool is_waiting(const struct lists *lists, const struct lists_wanted *wanted)
{
	for (size_t i = 0; i < lists->waiting_count; i++) {
		const struct waiting *at = &lists->waiting[i];
		if (at->list == wanted->list && at->as_of == wanted->as_of && at->last == wanted->last &&
		    text_equal(text_of(at->team), wanted->team) && text_equal(text_of(at->person), wanted->person))
			return true;
	}
	return false;
}

static void wait_for(struct lists *lists, const struct lists_wanted *wanted)
{
	if (lists->waiting_count == KEPT || is_waiting(lists, wanted))
		return;
	struct waiting *at = &lists->waiting[lists->waiting_count++];
	*at = (struct waiting){.list = wanted->list,
	                       .as_of = wanted->as_of,
	                       .last = wanted->last,
	                       .due = wanted->due,
	                       .full = wanted->full};
	keep_id(at->team, sizeof at->team, wanted->team);
	keep_id(at->person, sizeof at->person, wanted->person);
}

static void start_next(struct lists *lists)
{
	if (!lists->waiting_count || lists->job.running)
		return;
	struct waiting next = lists->waiting[0];
	memmove(lists->waiting, lists->waiting + 1, --lists->waiting_count * sizeof next);
	start_job(lists, &(struct lists_wanted){next.list, next.as_of, next.last, next.due, text_of(next.team),
	                                        text_of(next.person), next.full});
}

static void forget(struct lists *lists)
{
	lists->waiting_count = 0;
	for (size_t i = 0; i < KEPT; i++) {
		list_facts_free(lists->kept[i].facts);
		lists->kept[i] = (struct kept){0};
	}
}

void lists_free(struct lists *lists)
{
	if (!lists)
		return;
	lists->job.stale = true;
	end_job(lists);
	forget(lists);
	waker_free(lists->done);
	free(lists);
}

void lists_use(struct lists *lists, const struct lists_settings *settings)
{
	forget(lists);
	lists->job.stale = true;
	lists->settings = *settings;
}

int lists_fd(const struct lists *lists)
{
	return waker_fd(lists->done);
}

/* ---- facts ---- */

static struct kept *oldest(struct lists *lists)
{
	struct kept *found = &lists->kept[0];
	for (size_t i = 0; i < KEPT && found->facts; i++)
		if (!lists->kept[i].facts || lists->kept[i].read < found->read)
			found = &lists->kept[i];
	return found;
}

enum result lists_take(struct lists *lists, instant now, struct lists_wanted *which, struct fault *fault)
{
	struct job *job = &lists->job;
	*which = (struct lists_wanted){.list = NULL};
	lists->unreadable = 0;
	if (!job->running)
		return RESULT_OK;
	end_job(lists);
	if (job->stale) {
		start_next(lists);
		return RESULT_OK;
	}
	keep_id(lists->taken_team, sizeof lists->taken_team, job->request.team);
	keep_id(lists->taken_person, sizeof lists->taken_person, job->request.person);
	*which = (struct lists_wanted){job->request.list, job->request.as_of,         job->request.last,
	                               job->request.due,  text_of(lists->taken_team), text_of(lists->taken_person),
	                               job->request.full};
	if (!job->facts) {
		enum result result = job->result;
		*fault = job->fault;
		start_next(lists);
		return result;
	}
	lists->unreadable = job->facts->unreadable;
	lists->unreadable_last = job->facts->unreadable_last;
	struct kept *place = oldest(lists);
	list_facts_free(place->facts);
	*place = (struct kept){.facts = job->facts, .list = job->request.list, .as_of = job->request.as_of,
	                       .last = job->request.last, .read = now};
	keep_id(place->team, sizeof place->team, job->request.team);
	keep_id(place->person, sizeof place->person, job->request.person);
	job->facts = NULL;
	start_next(lists);
	return RESULT_OK;
}

size_t lists_unreadable(const struct lists *lists, int64_t *last)
{
	*last = lists->unreadable_last;
	return lists->unreadable;
}

static bool is_kept(const struct kept *kept, const struct lists_wanted *wanted)
{
	return kept->facts && kept->list == wanted->list && kept->as_of == wanted->as_of &&
	       kept->last == wanted->last && text_equal(text_of(kept->team), wanted->team) &&
	       text_equal(text_of(kept->person), wanted->person);
}

static const struct list_facts *at_hand(const struct lists *lists, const struct lists_wanted *wanted, instant now)
{
	for (size_t i = 0; i < KEPT; i++) {
		const struct kept *kept = &lists->kept[i];
		if (is_kept(kept, wanted) && now >= kept->read && now - kept->read < SERVES)
			return kept->facts;
	}
	return NULL;
}

bool lists_ready(struct lists *lists, const struct lists_wanted *wanted, instant now)
{
	if (at_hand(lists, wanted, now))
		return true;
	if (!lists->job.running)
		start_job(lists, wanted);
	else if (wanted->team.length || wanted->person.length)
		wait_for(lists, wanted); /* somebody's own: whoever asks for it asks once a minute */
	return false;
}

void lists_drop(struct lists *lists, const struct lists_wanted *wanted)
{
	for (size_t i = 0; i < KEPT; i++)
		if (is_kept(&lists->kept[i], wanted)) {
			list_facts_free(lists->kept[i].facts);
			lists->kept[i] = (struct kept){0};
		}
}

enum result lists_print(struct lists *lists, const struct lists_wanted *wanted, struct store *store, instant now,
                        struct fault *fault)
{
	const struct list_facts *facts = at_hand(lists, wanted, now);
	if (!wanted->list->report || !facts || !facts->report)
		return RESULT_OK;
	if (facts->report->unsafe)
		store_log_warning(store,
		                  "list %s: a small count can be reckoned from what its readers were sent before, "
		                  "whatever is hidden now; look at it before it goes to them again: casewatch report "
		                  "%s --as ROLE",
		                  wanted->list->id, facts->report->report->base);
	return report_print_figures(facts->report, wanted->list, wanted->team, store, fault);
}

/* ---- as a mail ---- */

void lists_render_facts(const struct list_facts *facts, const struct list_view *view,
                        const struct template_set *templates, struct buffer *subject, struct buffer *text,
                        struct buffer *html, bool *fell_back, struct fault *fault)
{
	struct list *list = list_new(facts, view);
	size_t text_start = text->length, html_start = html->length;
	*fell_back = !templates || list_render(list, templates, subject, text, html, fault) != RESULT_OK;
	if (*fell_back) {
		text->length = text_start;
		html->length = html_start;
		list_plain(list, subject, text);
	}
	list_free(list);
}

/* The instants of the row; one without them was written by an older version. */
static void times_of(const struct lists *lists, const struct config_list *list, const struct payload *payload,
                     instant now, instant *as_of, instant *due, instant *last)
{
	*as_of = payload->at != INSTANT_NONE ? payload->at : now;
	*due = payload->due != INSTANT_NONE ? payload->due : *as_of;
	*last = payload->caused;
	if (*last == INSTANT_NONE)
		*last = recurrence_latest(&list->due, lists->settings.calendar, *due - 1);
}

enum result lists_render(struct lists *lists, const struct payload *payload, const struct lists_reader_of *reader,
                         instant now, struct buffer *subject, struct buffer *text, struct buffer *html, bool *fell_back,
                         struct fault *fault)
{
	const struct lists_settings *settings = &lists->settings;
	const struct config_list *list = lists_find(settings->lists, settings->list_count, payload->list);
	instant as_of, due, last;
	*fell_back = false;
	if (!list)
		return fault_set(fault, RESULT_PERMANENT, "there is no list %.*s", TEXT_ARG(payload->list));
	const struct team *team = payload->team.length ? directory_team(settings->directory, payload->team) : NULL;
	if (payload->team.length && !team)
		return fault_set(fault, RESULT_PERMANENT, "the directory has no team %.*s any more",
		                 TEXT_ARG(payload->team));
	times_of(lists, list, payload, now, &as_of, &due, &last);
	bool follows = text_equal(payload->reason, TEXT(LISTS_FULL));
	struct lists_wanted wanted = {.list = list, .as_of = as_of, .last = last, .due = due, .full = follows};
	if (list->report && payload->team.length)
		wanted.team = payload->team;
	if (list->by_person)
		wanted.person = reader->person;
	if (!lists_ready(lists, &wanted, now))
		return fault_set(fault, RESULT_TEMPORARY, "%s", LISTS_READING);
	struct list_view view = {.zone = calendar_zone(settings->calendar),
	                         .list = list,
	                         .directory = settings->directory,
	                         .team = team,
	                         .role_title = reader->role_title,
	                         .link = reader->link,
	                         .link_context = reader->link_context,
	                         .council = settings->council,
	                         .due = due,
	                         .next = recurrence_next(&list->due, settings->calendar, as_of),
	                         .late = payload->old_news || (!follows && now - due > OPS_LIST_LATE),
	                         .follows = follows};
	lists_render_facts(at_hand(lists, &wanted, now), &view, settings->templates, subject, text, html,
	                   fell_back, fault);
	return RESULT_OK;
}
