/* schema_types: the event catalogue (events.md), row by row, with the words people read. */
#include "event/schema_types.h"

#include "event/identifiers.h"

#define FIELD(NAME, KIND, LABEL, ...) {.name = (NAME), .kind = FIELD_##KIND, .label = (LABEL), __VA_ARGS__}
#define NEEDED .required = true
#define KEY(NAME, LABEL) FIELD(NAME, STRING, LABEL, NEEDED, .key = true)

#define TYPE(NAME, TITLE, SUBJECT, ...)                                                                                \
	{                                                                                                              \
		.name = (NAME), .title = (TITLE), .subject = SUBJECT_##SUBJECT,                                        \
		.fields = (struct field[]){__VA_ARGS__},                                                               \
		.field_count = sizeof((struct field[]){__VA_ARGS__}) / sizeof(struct field)                            \
	}
#define BARE(NAME, TITLE, SUBJECT) {.name = (NAME), .title = (TITLE), .subject = SUBJECT_##SUBJECT}
#define WORDS(NAME, ...) static const char *const NAME[] = {__VA_ARGS__, NULL}

/* domain.md "Roles and the ladder". A council may have more: the list is open. */
WORDS(roles, "social-worker", "team-manager", "head-of-service", "director", "dcs", "vpg-chair", "rmg-chair", "edt",
      "qa-manager", "iro", "early-help-lead", "mach-manager", "head-of-service-assessment",
      "head-of-service-safeguarding", "head-of-service-cla", "service-manager-cwd", "service-manager-residential",
      "virtual-school", "yos-board", "commissioning", "adult-services", "performance", "psw",
      "head-of-service-transformation", "head-of-yos", "steering-group", "family-caseworker",
      "family-casework-manager", "dmt", "improvement-board", "public-health", "personal-adviser", "ops");
WORDS(withdrawal_reasons, "recorded-in-error", "wrong-child", "duplicate");
WORDS(flags, "cse", "cce", "county-lines", "trafficked");
WORDS(missing_kinds, "missing", "away");
WORDS(missing_places, "home", "placement");
WORDS(risks, "none", "low", "medium", "high");
WORDS(vcl_levels, "low", "medium", "high", "very-high");
WORDS(plan_signers, "social-worker", "team-manager", "head-of-service");
WORDS(certificate_grounds, "impracticable", "no-secure-bed");
WORDS(regulators, "ofsted", "cqc");
WORDS(contact_flags, "domestic-abuse", "cse", "neglect");
WORDS(contact_outcomes, "referral", "nfa", "information", "early-help");
WORDS(assessment_kinds, "single", "short-break");
WORDS(assessment_outcomes, "nfa", "cin", "strategy", "cla", "early-help");
WORDS(health_kinds, "initial", "review");
WORDS(visit_kinds, "cp", "cla", "cin", "private-fostering");
WORDS(categories, "neglect", "physical", "sexual", "emotional", "multiple");
WORDS(ratings, "red", "amber", "green");
WORDS(directions, "lower", "higher");

/* SSDA903 placement codes that the plan's rules are about (domain.md, "unregulated placement"). */
static const struct word_title settings[] = {
	{"H5", "Supported accommodation (H5)"}, {"P2", "Independent living (P2)"}, {NULL, NULL}};

/* Fields that several types share. */
#define BY FIELD("by", STRING, "By", NEEDED, .words = roles, .role = true), PERSON
#define BY_OPTIONAL FIELD("by", STRING, "By", .words = roles, .role = true), PERSON
#define PERSON FIELD("person", STRING, "Who", NAMES)
#define NAMES .names = true
#define PLAN FIELD("plan", STRING, "Plan", .key = true)
#define EPISODE                                                                                                        \
	FIELD("episode", STRING, "Episode", NEEDED, .key = true, .lack = "without saying which episode it belongs to")
#define MISSING_KIND                                                                                                   \
	FIELD("kind", WORD, "Kind", NEEDED, .words = missing_kinds,                                                    \
	      .lack = "without saying whether the child is missing or away")
#define RISK(...) FIELD("risk", WORD, "Risk", .words = risks, .lack = "without a risk that can be read", __VA_ARGS__)
#define SAFETY_PLAN KEY("plan", "Safety plan")
#define CUSTODY KEY("custody", "Hold")
#define PLACEMENT KEY("placement", "Placement")
#define ALLOCATION                                                                                                     \
	FIELD("role", STRING, "Role", NEEDED, .key = true, .words = roles, .role = true),                              \
		FIELD("worker", STRING, "Worker", NEEDED, .key = true, .party = PARTY_WORKER),                         \
		FIELD("team", STRING, "Team")
#define PLACED                                                                                                         \
	PLACEMENT, FIELD("regulated", BOOL, "Regulated", NEEDED), FIELD("registered", BOOL, "Registered"),             \
		FIELD("application", BOOL, "Application accepted"), FIELD("excepted", BOOL, "Outside the ban"),        \
		FIELD("setting", STRING, "Setting", .titles = settings), FIELD("distant", BOOL, "Distant"),            \
		FIELD("out_of_area", BOOL, "Out of area"), FIELD("emergency", BOOL, "Emergency"), BY_OPTIONAL
#define CONTACT KEY("contact", "Contact")
#define CHALLENGE KEY("challenge", "Challenge"), FIELD("contact", STRING, "Contact", NAMES)
#define REFERRAL                                                                                                       \
	KEY("referral", "Referral"), FIELD("contact", STRING, "Contact", NAMES), FIELD("reason", STRING, "Reason")
#define ASSESSMENT                                                                                                     \
	KEY("assessment", "Assessment"), FIELD("kind", WORD, "Kind of assessment", NEEDED, .words = assessment_kinds), \
		FIELD("referral", STRING, "Referral", .needed_for = "single", NAMES),                                  \
		FIELD("case", STRING, "Case", NAMES)
#define STRATEGY KEY("strategy", "Strategy discussion")
#define S47 KEY("s47", "Section 47 enquiry"), FIELD("strategy", STRING, "Strategy discussion", NAMES)
#define PRESENTATION KEY("presentation", "Presentation")
#define CASE KEY("case", "Case")
#define BREAK KEY("break", "Short break")
#define ORDER KEY("order", "Order")
#define INCIDENT KEY("incident", "Incident")
#define IRO_ALERT KEY("alert", "Alert of the reviewing officer")
#define TASK                                                                                                           \
	KEY("task", "Task"), FIELD("due", DATE, "Due"), FIELD("owner", STRING, "Owner"),                               \
		FIELD("rag", STRING, "Rating", .words = ratings)
#define MUTE                                                                                                           \
	KEY("mute", "Mute"), FIELD("rule", STRING, "Rule"), FIELD("until", INSTANT, "Until", NEEDED),                  \
		FIELD("reason", STRING, "Reason", NEEDED), BY

struct event_type schema_types[] = {
	/* Well-known: in the order of the enum in schema.h. */
	TYPE("child.updated", "Child's record updated", CHILD, FIELD("date_of_birth", DATE, "Date of birth"),
             FIELD("initials", STRING, "Initials"), FIELD("legal_status", STRING, "Legal status"),
             FIELD("restricted", BOOL, "Restricted"), FIELD("authority", STRING, "Authority"),
             FIELD("nhs_number", STRING, "NHS number", .check = nhs_number_wrong),
             FIELD("upn", STRING, "Unique Pupil Number", .check = upn_wrong)),
	BARE("child.died", "Child died", CHILD),
	TYPE("child.transferred", "Child moved to another authority", CHILD, FIELD("to", STRING, "To")),
	TYPE("event.withdrawn", "Record withdrawn", OTHER, FIELD("id", STRING, "Record", NEEDED, NAMES),
             FIELD("reason", WORD, "Reason", .words = withdrawal_reasons)),
	TYPE("person.merged", "Records joined", CHILD, FIELD("from", STRING, "Id that ceases", NEEDED, NAMES)),
	TYPE("person.unmerged", "Records parted", CHILD,
             FIELD("from", STRING, "Id that is separate again", NEEDED, NAMES)),
	TYPE("source.complete", "Source complete", OTHER, FIELD("up_to", INSTANT, "Complete to", NEEDED)),
	TYPE("alert.acknowledged", "Alert answered", OTHER, FIELD("alert", STRING, "Alert", NEEDED, NAMES), BY,
             FIELD("action", STRING, "Action", NEEDED), FIELD("note", STRING, "Note"),
             FIELD("review_at", INSTANT, "Ask again")),
	TYPE("alert.resolved", "Alert resolved by a person", OTHER, FIELD("alert", STRING, "Alert", NEEDED, NAMES), BY,
             FIELD("reason", STRING, "Reason", NEEDED)),
	TYPE("alert.passed_on", "Alert passed on", OTHER, FIELD("alert", STRING, "Alert", NEEDED, NAMES), BY,
             FIELD("to", STRING, "Passed on to", .words = roles), FIELD("reason", STRING, "Reason")),

	/* Child and context */
	TYPE("allocation.started", "Worker allocated", CHILD, ALLOCATION),
	TYPE("allocation.ended", "Allocation ended", CHILD, ALLOCATION),
	TYPE("flag.set", "Flag set", CHILD, FIELD("flag", STRING, "Flag", NEEDED, .key = true, .words = flags)),
	TYPE("flag.cleared", "Flag cleared", CHILD, FIELD("flag", STRING, "Flag", NEEDED, .key = true, .words = flags)),
	TYPE("cin.opened", "Child in need, opened", CHILD, PLAN, FIELD("with_plan", BOOL, "With a plan")),
	TYPE("cin.closed", "Child in need, closed", CHILD, PLAN, FIELD("with_plan", BOOL, "With a plan")),
	TYPE("cp.started", "Child protection plan started", CHILD, PLAN,
             FIELD("category", STRING, "Category", .words = categories)),
	TYPE("cp.ended", "Child protection plan ended", CHILD, PLAN),
	TYPE("cla.started", "Started to be looked after", CHILD, PLAN),
	TYPE("cla.ended", "No longer looked after", CHILD, PLAN),
	TYPE("leaving_care.started", "Care leaver", CHILD, PLAN),
	TYPE("leaving_care.ended", "No longer a care leaver", CHILD, PLAN),
	TYPE("private_fostering.started", "Private fostering started", CHILD, PLAN),
	TYPE("private_fostering.ended", "Private fostering ended", CHILD, PLAN),
	TYPE("vpg.opened", "Open to the VEMT Practitioners Group (VPG)", CHILD, PLAN),
	TYPE("vpg.closed", "Closed to the VEMT Practitioners Group (VPG)", CHILD, PLAN),
	TYPE("rmg.opened", "Open to the Risk Management Group (RMG)", CHILD, PLAN),
	TYPE("rmg.closed", "Closed to the Risk Management Group (RMG)", CHILD, PLAN),
	TYPE("rmg.discussed", "Discussed at the Risk Management Group (RMG)", CHILD, PLAN),
	TYPE("rmg.not_needed", "Risk Management Group (RMG) not needed", CHILD, PLAN),
	TYPE("vemt.opened", "Vulnerable, exploited, missing or trafficked (VEMT): opened", CHILD, PLAN),
	TYPE("vemt.closed", "Vulnerable, exploited, missing or trafficked (VEMT): closed", CHILD, PLAN),
	TYPE("fff.opened", "Edge of care (FFF) opened", CHILD, PLAN),
	TYPE("fff.closed", "Edge of care (FFF) closed", CHILD, PLAN),
	TYPE("eh.opened", "Early Help opened", CHILD, PLAN),
	TYPE("eh.closed", "Early Help closed", CHILD, PLAN),

	/* Missing */
	TYPE("missing.started", "Missing", CHILD, EPISODE, MISSING_KIND,
             FIELD("from", WORD, "From", .words = missing_places), FIELD("placement", STRING, "Placement", NAMES),
             RISK(), FIELD("reported_by", STRING, "Reported by")),
	TYPE("missing.risk_changed", "Risk changed while missing", CHILD, EPISODE, RISK(NEEDED)),
	TYPE("missing.status_changed", "Missing or away changed", CHILD, EPISODE, MISSING_KIND),
	TYPE("missing.ended", "Returned", CHILD, EPISODE, FIELD("found_by", STRING, "Found by"),
             FIELD("harm", BOOL, "Came to harm")),
	TYPE("rhi.offered", "Return interview offered", CHILD, EPISODE),
	TYPE("rhi.completed", "Return interview held", CHILD, EPISODE),
	TYPE("rhi.declined", "Return interview declined", CHILD, EPISODE),
	TYPE("vpg.discussed", "Discussed at the VEMT Practitioners Group (VPG)", CHILD,
             FIELD("outcome", STRING, "Outcome")),
	TYPE("vpg.shared", "Risks shared after the VPG", CHILD,
             FIELD("with", STRINGS, "Shared with", .words = roles, .role = true)),
	TYPE("vcl.scored", "Vulnerability checklist scored", CHILD,
             FIELD("level", WORD, "Level", NEEDED, .words = vcl_levels)),
	TYPE("safety_plan.signed_off", "Safety plan signed off", CHILD, SAFETY_PLAN,
             FIELD("by", WORD, "Signed by", NEEDED, .words = plan_signers, .role = true), PERSON,
             FIELD("with_child", BOOL, "Made with the child"), FIELD("contingency", BOOL, "Has a contingency plan")),
	TYPE("safety_plan.audited", "Safety plan audited", CHILD, SAFETY_PLAN),
	TYPE("safety_plan.reviewed", "Safety plan reviewed", CHILD, SAFETY_PLAN),
	TYPE("safety_plan.ended", "Safety plan ended", CHILD, SAFETY_PLAN),
	BARE("transition.planned", "Move to adult services planned", CHILD),
	TYPE("strategy.complex_held", "Complex strategy meeting held", CHILD, FIELD("named", STRINGS, "Named")),

	/* Custody */
	TYPE("custody.detained", "Held in custody", CHILD, CUSTODY, FIELD("station", STRING, "Held at")),
	TYPE("custody.charged_bail_refused", "Charged, bail refused", CHILD, CUSTODY),
	TYPE("custody.threshold_met", "Threshold met", CHILD, CUSTODY),
	TYPE("custody.released", "Released", CHILD, CUSTODY),
	TYPE("custody.feedback_recorded", "Young person's feedback recorded", CHILD, CUSTODY),
	TYPE("custody.certificate_issued", "Certificate that no move can be made", CHILD, CUSTODY,
             FIELD("ground", WORD, "Ground", .words = certificate_grounds)),
	TYPE("pace.bed_requested", "Bed asked for", CHILD, CUSTODY, FIELD("secure", BOOL, "Secure")),
	TYPE("pace.bed_offered", "Bed offered", CHILD, CUSTODY),
	TYPE("pace.transferred", "Moved to our accommodation", CHILD, CUSTODY),
	TYPE("pace.transfer_failed", "Transfer failed", CHILD, CUSTODY, FIELD("reason", STRING, "Reason")),

	/* Placements */
	TYPE("placement.decided", "Placement decided", CHILD, PLACED, FIELD("provider", STRING, "Provider")),
	TYPE("placement.ratified", "Placement ratified", CHILD, PLACEMENT, BY),
	TYPE("placement.refused", "Placement refused", CHILD, PLACEMENT, BY),
	TYPE("placement.approved", "Placement approved", CHILD, PLACEMENT, BY),
	TYPE("placement.area_notified", "Area authority told", CHILD, PLACEMENT),
	TYPE("placement.plan_recorded", "Placement plan recorded", CHILD, PLACEMENT),
	TYPE("placement.started", "Placed", CHILD, PLACED,
             FIELD("provider", STRING, "Provider", .party = PARTY_PROVIDER), FIELD("urn", STRING, "Ofsted number"),
             FIELD("to_18", BOOL, "Placed to 18"), FIELD("with_parents_interim", BOOL, "With parents, interim order"),
             FIELD("temporary_approval", BOOL, "Carer temporarily approved")),
	TYPE("placement.ended", "Placement ended", CHILD, PLACEMENT,
             FIELD("provider", STRING, "Provider", .party = PARTY_PROVIDER)),
	TYPE("contingency_plan.recorded", "Contingency plan recorded", CHILD, PLACEMENT),
	TYPE("panel.reviewed", "Reviewed by the panel", CHILD, PLACEMENT),
	TYPE("risk_assessment.completed", "Care and support assessed", CHILD, PLACEMENT,
             FIELD("care", NUMBER, "Care", NEEDED, .least = 0, .most = 10),
             FIELD("support", NUMBER, "Support", NEEDED, .least = 0, .most = 10)),
	TYPE("provider.registration_changed", "Provider's registration changed", PROVIDER,
             FIELD("registered", BOOL, "Registered", NEEDED), FIELD("application", BOOL, "Application accepted"),
             FIELD("regulator", WORD, "Regulator", .words = regulators)),

	/* Front door and assessments */
	TYPE("contact.received", "Contact received", CHILD, CONTACT,
             FIELD("flags", STRINGS, "Flags", .words = contact_flags)),
	TYPE("contact.screened", "Contact screened", CHILD, CONTACT,
             FIELD("expertise", STRINGS, "Expertise", .words = contact_flags)),
	TYPE("contact.decided", "Contact decided", CHILD, CONTACT,
             FIELD("outcome", WORD, "Outcome", NEEDED, .words = contact_outcomes)),
	TYPE("contact.merged", "Contact joined to another", CHILD, CONTACT,
             FIELD("into", STRING, "Joined to", NEEDED, NAMES)),
	TYPE("challenge.raised", "Decision challenged by Early Help", CHILD, CHALLENGE),
	TYPE("challenge.answered", "Challenge answered", CHILD, CHALLENGE),
	TYPE("referral.accepted", "Referral accepted", CHILD, REFERRAL),
	TYPE("referral.closed", "Referral closed", CHILD, REFERRAL),
	TYPE("assessment.started", "Assessment started", CHILD, ASSESSMENT),
	TYPE("assessment.authorised", "Assessment authorised", CHILD, ASSESSMENT,
             FIELD("outcome", WORD, "Outcome", NEEDED, .words = assessment_outcomes),
             FIELD("qualified", BOOL, "By a qualified social worker")),
	TYPE("early_help.discussed", "Discussed with Early Help", CHILD, KEY("referral", "Referral")),
	TYPE("strategy.held", "Strategy discussion held", CHILD, STRATEGY,
             FIELD("s47", BOOL, "Section 47 enquiry opened", NEEDED)),
	TYPE("s47.started", "Section 47 enquiry started", CHILD, S47),
	TYPE("s47.completed", "Section 47 enquiry completed", CHILD, S47),
	TYPE("icpc.held", "Initial child protection conference held", CHILD, STRATEGY),
	TYPE("icpc.not_required", "Initial child protection conference not required", CHILD, STRATEGY),
	BARE("cp_review.held", "Child protection review held", CHILD),
	BARE("core_group.held", "Core group held", CHILD),
	BARE("cla_review.held", "Looked-after review held", CHILD),
	BARE("pathway_plan.reviewed", "Pathway plan reviewed", CHILD),
	BARE("pmg.discussed", "Discussed at the permanence monitoring group (PMG)", CHILD),
	TYPE("visit.made", "Visit made", CHILD, FIELD("kind", WORD, "Kind of visit", NEEDED, .words = visit_kinds)),
	TYPE("homeless.presented", "Came as homeless", CHILD, PRESENTATION),
	TYPE("rights.explained", "Rights explained", CHILD, PRESENTATION),
	TYPE("case.stepped_up", "Stepped up from Early Help", CHILD, CASE, FIELD("reason", STRING, "Reason")),
	TYPE("case.closed", "Case closed", CHILD, CASE, FIELD("reason", STRING, "Reason")),
	TYPE("stepdown.requested", "Step-down requested", CHILD, CASE),
	TYPE("stepdown.completed", "Stepped down to Early Help", CHILD, CASE),
	TYPE("stepdown.audited", "Step-down audited", CHILD, CASE, BY, FIELD("outcome", STRING, "Outcome")),
	TYPE("shortbreak.started", "Short breaks started", CHILD, BREAK),
	TYPE("shortbreak.ended", "Short breaks ended", CHILD, BREAK),
	TYPE("shortbreak.reviewed", "Short breaks reviewed", CHILD, BREAK,
             FIELD("qualified", BOOL, "By a qualified social worker")),
	BARE("permanence.planned", "Permanence planned", CHILD),
	TYPE("health_assessment.completed", "Health assessment completed", CHILD,
             FIELD("kind", WORD, "Kind", .words = health_kinds)),
	BARE("fgdm.offered", "Family group decision making offered", CHILD),
	BARE("fgdm.accepted", "Family group decision making accepted", CHILD),
	BARE("fgdm.declined", "Family group decision making declined", CHILD),
	BARE("fgdm.held", "Family group decision making meeting held", CHILD),
	BARE("fgdm.not_in_interests", "Family group decision making not in the child's interests", CHILD),
	TYPE("plo.letter_sent", "Letter before proceedings sent", CHILD,
             FIELD("offers_meeting", BOOL, "Offers a family group decision making meeting")),
	BARE("plo.meeting_held", "Pre-proceedings meeting held", CHILD),
	BARE("court.applied", "Applied to the court", CHILD),
	TYPE("dol.order_made", "Deprivation of liberty order made", CHILD, ORDER,
             FIELD("until", DATE, "Until", NEEDED)),
	TYPE("dol.order_ended", "Deprivation of liberty order ended", CHILD, ORDER),
	TYPE("dol.order_renewed", "Deprivation of liberty order renewed", CHILD, ORDER,
             FIELD("until", DATE, "Until", NEEDED)),
	TYPE("incident.occurred", "Serious incident", CHILD, INCIDENT),
	TYPE("incident.notified", "Serious incident notified", CHILD, INCIDENT),
	TYPE("rapid_review.completed", "Rapid review completed", CHILD, INCIDENT),

	/* Work */
	TYPE("iro.alert_raised", "Alert raised by the Independent Reviewing Officer", CHILD, IRO_ALERT),
	TYPE("iro.alert_answered", "Reviewing officer's alert answered", CHILD, IRO_ALERT),
	TYPE("attendance.absent", "Absent from school", CHILD, FIELD("date", DATE, "Date", NEEDED),
             FIELD("session", STRING, "Session"), FIELD("school", STRING, "School"), FIELD("code", STRING, "Code")),
	BARE("supervision.held", "Supervision held", WORKER),
	BARE("appraisal.held", "Appraisal held", WORKER),
	TYPE("audit.completed", "Audit completed", CHILD, KEY("audit", "Audit"), FIELD("area", STRING, "Area", NEEDED),
             FIELD("agrees", BOOL, "Agrees"), FIELD("moderated", BOOL, "Moderated")),
	TYPE("audit.action_raised", "Audit action raised", CHILD, KEY("action", "Action"),
             FIELD("audit", STRING, "Audit", NEEDED, NAMES), FIELD("due", DATE, "Due", NEEDED),
             FIELD("owner", STRING, "Owner")),
	TYPE("audit.action_done", "Audit action done", CHILD, KEY("action", "Action")),
	TYPE("task.created", "Task created", OTHER, TASK),
	TYPE("task.changed", "Task changed", OTHER, TASK),
	TYPE("task.completed", "Task completed", OTHER, KEY("task", "Task")),
	TYPE("indicator.reported", "Indicator reported", OTHER, FIELD("indicator", STRING, "Indicator", NEEDED),
             FIELD("value", NUMBER, "Value", NEEDED), FIELD("target", NUMBER, "Target", NEEDED),
             FIELD("better", WORD, "Better when", NEEDED, .words = directions)),
	TYPE("homevisit.made", "Home visit made", CHILD, FIELD("tool", BOOL, "Home environment tool used", NEEDED)),

	/* Answers, written by casewatch itself */
	TYPE("mute.started", "Mute started", OTHER, MUTE),
	TYPE("mute.ended", "Mute ended", OTHER, MUTE),
};
const size_t schema_types_count = sizeof schema_types / sizeof schema_types[0];
