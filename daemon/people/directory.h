/* directory: people, roles, teams and cover, as loaded from directory.yaml, and who holds a role for a child today.
 *
 * The one rule: a role resolves to people who can be reached, or the caller hears that nobody was found; never
 * silence. */
#ifndef CASEWATCH_PEOPLE_DIRECTORY_H
#define CASEWATCH_PEOPLE_DIRECTORY_H

#include "people/channels.h"
#include "time/calendar.h"

struct person {
	const char *id;      /* "p-director": what events and answers name */
	const char *worker;  /* the id that allocations use; NULL: none */
	const char *addresses[CHANNEL_KINDS];   /* of each kind; NULL: none */
	const char *webhook_form;               /* the template a card is sent as, NAME.json; NULL: a CloudEvent */
	enum channel_kind order[CHANNEL_KINDS]; /* channels tried, first first */
	size_t order_count;
	int hours_from, hours_until; /* minutes; -1: the council's working hours */
	unsigned days;       /* on which they work: bit 0 is Monday; 0: every working day */
	const char **logins; /* as the proxy names who is signed in; several where a function is many people's */
	size_t login_count;
};
struct team {
	const char *id, *title;
	const char *parent;  /* id of the parent team, NULL at the top */
	const char *manager; /* person id; NULL: none named */
	const char *head;    /* person id: head of service; looked for up the parents */
};
/* How those who hold a role are found. */
enum role_from {
	ROLE_FROM_PEOPLE,     /* named in the directory */
	ROLE_FROM_ALLOCATION, /* the workers allocated to the child as it; those named only where there are none */
	ROLE_FROM_MANAGER,    /* the managers of the child's teams */
	ROLE_FROM_HEAD,       /* the heads of the child's teams, or of their nearest parents that have one */
	ROLE_FROM_EVENT,      /* whom the alert's records name, in the field that is called as the role is */
};
/* What those who hold a role see on the pages, beside what they were told of themselves (docs/board.md). */
enum role_sees {
	SEES_OWN,   /* children that are allocated to them, nobody else's */
	SEES_TEAMS, /* children of the teams that they manage or head, and of those below */
	SEES_ALL,   /* every child that is not restricted: the duty desk, the directors */
};
struct role_title {
	const char *role, *title; /* "edt", "Emergency Duty Team" */
	enum role_from from;
	const char **people;      /* fixed holders: person ids */
	size_t people_count;
	const char *rota;           /* the file that says who is on call; NULL: none */
	bool out_of_hours;          /* they work when everybody else does not: the Emergency Duty Team */
	enum role_sees sees;
	bool runs;                  /* they run casewatch: messages and records that were refused */
};
/* A child whose case is seen by those named alone, beside its own workers, whether or not its records say so. */
struct restricted {
	const char *child;
	const char **people; /* person ids */
	size_t people_count;
};
struct cover {               /* dated: from and until are local dates, both included */
	const char *person, *by, *role; /* `role` NULL: for all that the person does */
	civil_day from, until;
};
/* Who mends what a source sends: hears of its records that contradict themselves or could be read in part only. */
struct source_owner {
	const char *source;        /* an event's attribute; "*": each that is not named */
	const char *role, *person; /* one of the two; the other is NULL */
};
/* Somebody is on call as the role, [from, until). */
struct shift {
	const char *role, *person; /* ids */
	instant from, until;
	civil_day first, last; /* the local dates it touches */
};
struct directory {
	struct person *people;
	size_t person_count;
	struct team *teams;
	size_t team_count;
	struct role_title *roles;
	size_t role_count;
	struct cover *covers;
	size_t cover_count;
	struct source_owner *sources;
	size_t source_count;
	struct shift *shifts; /* of all rotas, in order of when they begin */
	size_t shift_count;
	const char **ladder; /* roles to which critical and high alerts go on after a rule's own steps, one after the
	                        other */
	size_t ladder_count;
	struct restricted *restricted;
	size_t restricted_count;
	const char *duty_team;   /* id of the team that has the children of no team */
	const char *duty_phone;  /* printed in every message */
	bool unsent[CHANNEL_KINDS]; /* nothing goes that way as it is configured, and something goes another way */
	void *owned;
	struct directory_index *index; /* see directory_make_index; NULL: each is looked for one by one */
};
void directory_free(struct directory *directory);
/* People and roles are found by their ids from now on, not looked for among all there are: a message asks ten times.
 * Once all are read; nobody is added later, or has another id. A copy with other people or roles is looked through. */
void directory_make_index(struct directory *directory);
void directory_drop_index(struct directory *directory); /* directory_free does so, too */

/* An open allocation of the child: from its events (allocation.started without its end). */
struct allocation {
	struct text role, worker, team; /* team may be empty */
};

/* One who is to be told, and as what. */
struct recipient {
	const struct person *person;
	const char *role;       /* the role it was resolved from */
	const struct person *covers; /* the person this one stands in for; NULL: nobody */
};

/* Where the person is reached by that kind of channel; NULL: not. */
const char *directory_address(const struct person *person, enum channel_kind kind);
/* Whether anything that is sent reaches the person that way; and by any of their own ways; and so, or by a channel that
 * is named for it. An address on a channel that is not configured reaches nobody. Where nothing at all is sent (shadow)
 * each address is as good as it would be. */
bool directory_reaches_by(const struct directory *directory, const struct person *person, enum channel_kind kind);
bool directory_reaches(const struct directory *directory, const struct person *person);
bool directory_reaches_at(const struct directory *directory, const struct person *person, const char *const *channels,
                          size_t count);
const struct person *directory_person(const struct directory *directory, struct text id);
const struct person *directory_worker(const struct directory *directory, struct text worker);
/* Whom the proxy names by `login`, without regard to the case of letters: one of a person's logins, else their id or
 * their email. NULL: nobody of the directory, or more than one. */
const struct person *directory_login(const struct directory *directory, struct text login);
const struct team *directory_team(const struct directory *directory, struct text id);
const struct role_title *directory_role(const struct directory *directory, struct text role);
const char *directory_role_title(const struct directory *directory, const char *role); /* the id where unknown */
/* "head-of-service-*" stands for each role that begins so; any other for itself. */
bool directory_role_is_pattern(const char *wanted);
bool directory_role_fits(const char *wanted, const char *role);
/* Who owns the source; NULL: nobody is named. */
const struct source_owner *directory_source_owner(const struct directory *directory, struct text source);
/* Whether those who hold the role work when everybody else does not. */
bool directory_out_of_hours(const struct directory *directory, struct text role);
/* How its holders are found; ROLE_FROM_PEOPLE where the role is unknown. */
enum role_from directory_role_from(const struct directory *directory, struct text role);
bool directory_knows_role(const struct directory *directory, struct text role);
/* Whoever hears what is wrong with casewatch itself: the one role that it knows by name. */
#define DIRECTORY_OPS "ops"
/* Roles of the ladder above the rules' own steps; a council has two. `check` refuses more. */
#define DIRECTORY_LADDER_MOST 16
/* The role that most is told to when nobody is named: the first of the ladder; "" where there is none. */
const char *directory_first_of_ladder(const struct directory *directory);
/* The first role whose holders are found so; "" where there is none. */
const char *directory_first_role(const struct directory *directory, enum role_from from);
/* Who reads the list of the team on the local date `today`: its manager, or whoever covers them. false: nobody does (no
 * manager is named, or the directory does not know them, or they have no address, or none that
 * a list goes to): its children are then on the list of the duty team, and ops hear of the team (rules.md, Roles). */
bool directory_team_reader(const struct directory *directory, const struct team *team, civil_day today,
                           struct recipient *reader);
/* The teams a child belongs to, by its open allocations: each once; none: the duty team. Returns how many (<= room). */
size_t directory_teams(const struct directory *directory, const struct allocation *open, size_t open_count,
                       const struct team **teams, size_t room);
/* Everyone who holds `role` for a child with these open allocations on the local date `today`, cover applied, each
 * person once, as its role_from says (a role from events is held by nobody here: the events are the caller's). Returns
 * how many
 * (<= room; the directory's person_count is always enough); 0: nobody. */
size_t directory_resolve(const struct directory *directory, struct text role, const struct allocation *open,
                         size_t open_count, civil_day today, struct recipient *recipients, size_t room);
/* The same at the instant `at` of that date, where a role has a rota: who is on call then. By the date alone all count
 * who are on call at some time of it. Where nobody is, those whom the directory names hold the role. */
size_t directory_resolve_at(const struct directory *directory, struct text role, const struct allocation *open,
                            size_t open_count, civil_day today, instant at, struct recipient *recipients, size_t room);
/* A person who is named by an event (`named`, `owner`) or found otherwise, as the one who is to be told in `role` on
 * the local date `today`: themself, or who covers them. Cover is followed once: the loader refuses cover of cover. */
struct recipient directory_stand_in(const struct directory *directory, const struct person *person, const char *role,
                                    civil_day today);
#endif
