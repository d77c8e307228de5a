# casewatch: explicit lists, generated header dependencies, objects out of the tree in build/.
#   make setup   installs what the build, the demo and the tests need (Debian, root)
#   make all | demo | check | test | bench | asan | lint | install | clean
MAKEFLAGS += --no-builtin-rules --no-print-directory
VERSION := 0.2.0
BUILD   ?= build
comma   := ,
# `make CC=clang` builds, too.
CC      := gcc
PREFIX  ?= /usr
DESTDIR ?=
OPT     ?= -O2 -g
SANITIZE ?=
PKGS    := libevent libevent_pthreads rdkafka sqlite3 libcurl libcrypto yaml-0.1 libsystemd libxml-2.0 libical liblz4

# One list a room; the file names without .c.
base             := clock digest file heap here histogram lateness log map mem pool result shared spelling text \
                    threads version waker
text             := address csv csv_read data gsm7 json_data json_meaning json_read json_write layout place preview \
                    template template_escape template_parse utf8
time             := calendar civil duration holidays instant period recurrence words zone zone_file zone_rule
event            := amendment_graph amendment_nodes amendment_rings amendment_trees event event_check event_pack \
                    event_parse event_pieces event_short identifiers meaning packing schema schema_intervals schema_types
people           := allocation answerer channels directory on_call own_hours
rules            := alert condition condition_check condition_guard condition_idle condition_lex condition_parse \
                    condition_type condition_ways condition_words kinds rule
rules/load       := events facts load never order read_kind read_rule registers select shape states steps value
rules/load/kinds := count deadline event guard load overlap recurring state
config           := config config_channels config_compare config_intake config_places councils directory_check \
                    directory_load faults kafka_properties lists lists_read option_given option_path option_read option_words options \
                    options_cell options_channels options_intake options_keep published reports rota secret yaml \
                    yaml_read yaml_words
engine           := amendments answers arrivals engine kinds links mutes parties parts rule_index rule_readers \
                    shards
engine/fold      := anew clocks context dates ends fold gather instant intervals keys load match settle states \
                    unsettled
engine/history   := cache checkpoint_list checkpoints clock_index due_heap freeze freeze_alerts history marks \
                    open_index
engine/registers := register_intervals register_order register_rows register_types
engine/report    := ladder outcomes report report_answers report_index report_tell report_warnings
engine/why       := explain why why_clocks why_say
engine/kinds     := count deadline event guard load overlap recurring state
store            := asides attempt changes checkpoint conditions contradictions due elsewhere figures files gauges \
                    ground lines lock migrate open page_cache positions quiet soundness sources statement transaction
store/alerts     := alert_rows alerts board
store/audit      := audit audit_old audit_read audit_verify
store/copies     := backup follow_copy follow_seen follow_ship restore
store/erasure    := erase erase_events erase_left erase_missing erase_orders erasures retention
store/events     := amendments chunks duplicates events histories packed quarantine reading refmap
store/outbox     := outbox outbox_claim outbox_name outbox_times payload texts told
store/registers  := lists prints registers registers_events registers_feed registers_rows registers_touched
loop             := http_fields http_head http_listen http_refusal http_reply http_rest http_server http_thread loop \
                    systemd
ops              := alerts daily letter metrics metrics_stored next_steps ops owners rows status
source           := batch http http_read http_say http_token memory source spool spool_alone spool_dir spool_done \
                    spool_lines spool_put spool_watch
source/kafka     := append assign client config consume consume_many end group hand_over health kafka message orders \
                    place reader ring seal through times wake watch
channel          := certificates channel memory
channel/http     := address http notify notify_call notify_token outcome timestamp webhook
channel/smtp     := mail mime mime_encode mime_read relays returned smtp verp
message          := alert_context alert_told answer as_told beside brief change check ended evidence facts history hook \
                    link ops_mail page parts phrases plain render scope standing together told warning
courier          := address asking caps claimed courier gate heard hours lane_line lane_queue lane_threads lanes \
                    letters mailbox outcome pass permitted recent results storm tell trouble unheard way
report           := export list list_alerts list_check list_facts list_page list_render list_trend list_unread lists \
                    protect reader reader_functions reader_people reader_reckon reader_sample report_bars report_cells \
                    report_counted report_facts report_out report_outside report_page report_parts report_reach \
                    report_restated report_words schedule
backtest         := addition addition_data feed line_order memory_asked memory_host parallel replay replay_lines \
                    subject trial
explain          := explained ground story why_not
ruletest         := mutants mutants_condition mutate rule_test_event rule_test_line rule_test_story rule_tests \
                    test_junit
cell             := journal journal_clients journal_members journal_record journal_ring journal_thread journal_topic \
                    ownership ownership_known
import           := csv_rows dates emit mapping seen state xml_rows
pipeline         := answer_record backlog batch brake contradictions due effects gone host mending nobody ops orders \
                    pipeline preview quarantine_decisions reckon register_round registers rejudge setting_aside \
                    transaction
demo             := diary front_door interrupt lives mails month people place process stage stories told
cli              := alerts audit audit_words backup cli councils demo erase export gallery help import list log memory \
                    move opened order outbox publish quarantine reload render report restore rows sample say schemas \
                    schemas_command spool traces
cli/analyst      := asked backtest compare compare_words explain explain_file explain_page explain_words page \
                    story_words test who who_words why_not why_not_words
cli/answers      := ack answer door mute pass resolve
cli/check        := check check_cell check_never check_notes check_people check_reach diff
cli/follow       := follow follow_into follow_line follow_serve
cli/init         := init init_people init_place init_write
cli/status       := status status_look status_process status_table
cli/verify       := verify verify_refold verify_registers

web              := alert_page alert_story alert_told answer answer_form answer_samples answer_show answer_state \
                    board_page brake child_page clocks linked list_pages mine monitor notify_post outbox_page page \
                    page_samples record_page routes seen shown shown_ladder viewer web why_page
run              := asides audit_watch bounces cell cell_seat cell_status certificates channels_status clocks control \
                    control_order core courier daemon dead_man edition erasing feeds house last_end lists looks \
                    metrics notify_calls opening ordered orders outdated pages published record record_files registers \
                    reload rotas said silence sources teams tidying
# The simulator: a program of its own, of which the daemon knows nothing.
sim              := acts backups brokers chance check_lists check_oracle check_people check_refold check_registers \
                    check_told checks disk disk_faults disk_shared disk_vfs edition erase failure layout look mail \
                    main member members members_acts members_equal orders pages parts people plan rest shrink sim \
                    statements stories world

# Tests: tests/unit/NAME_test.c with cmocka, each a program of its own.
unit_tests       := adversary alert_page alerts allocation amendment_graph answering_report as_told asides attempt \
                    audit backup batch board board_count board_due bounces brief calendar certificates channels \
                    check_cell check_notes cli cli_answers cli_audit cli_help cli_init cli_verify cli_words \
                    clock_index condition condition_doubt condition_parts config config_councils config_options \
                    control councils councils_directory councils_storm courier courier_asking courier_audit \
                    courier_away courier_beside courier_bound courier_caps courier_chance courier_climb \
                    courier_ends_fail courier_fails courier_gate courier_gate_names courier_gate_told courier_heard \
                    courier_letters courier_lists courier_named courier_refused courier_shift courier_storm \
                    courier_together courier_told courier_ways csv_read custody_report day day_files declared_events \
                    demand_report digest directory directory_index directory_large disk disk_calls edition engine \
                    engine_answers engine_fails engine_why engine_work erase erase_fails erase_orders erase_restore \
                    event event_corpus event_data event_parse event_short events export file follow follow_fails \
                    freeze ground heap here http_refusal http_server http_source import_dates instant \
                    interviews_report journal journal_record json kafka kafka_many kafka_through ladder lateness \
                    layout link links list lists_late log log_time loop map meaning members message message_change \
                    message_history message_look message_rules message_sentences metrics mime mine missing \
                    missing_look monitor mutate notify_call one_less ops ops_alerts outbox outbox_cell_states \
                    outbox_name outbox_states outbox_storm_states outside_report own_hours ownership ownership_states \
                    packing page_cache payload pipeline pipeline_answers pipeline_backlog pipeline_cache pipeline_due \
                    pipeline_fails pipeline_merges pipeline_mutes pipeline_preview pipeline_records pipeline_rules \
                    pipeline_work pool portions preview protect quarantine_decisions quiet reach reckon reckon_fails \
                    recurrence register registers registers_work relays render replay report_acts report_goldens \
                    report_past report_restated report_words reports retention returned rota rule_facts rule_tests \
                    rules rules_refused schedule schema schemas setting_aside setting_aside_cause sign_in source \
                    source_owner spool spool_writers status store store_damage store_fails systemd template text \
                    tidying traces unregulated_report waker web webhook words yaml zone
# Helper programs of tests, demo and bench: tests/tools/NAME.c
test_tools       := ask backtest_forced bench_append bench_audit bench_casework bench_consume bench_delivery \
                    bench_events bench_fill bench_registers bench_replay bench_spread cell_member courier_run \
                    kafka_admin kafka_probe mail_sink mime_write mock_cluster months produce smtp_probe soak

ROOMS            := base text time event people rules rules/load rules/load/kinds config engine engine/fold \
                    engine/history engine/registers engine/report engine/why engine/kinds store store/alerts \
                    store/audit store/copies store/erasure store/events store/outbox store/registers loop ops source \
                    source/kafka channel channel/http channel/smtp message courier report backtest import pipeline run \
                    demo cli cli/analyst cli/answers cli/check cli/follow cli/init cli/status cli/verify web explain \
                    cell ruletest
LIBRARY := $(foreach room,$(ROOMS),$(patsubst %,daemon/$(room)/%.c,$($(room))))

WARN := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wswitch-enum -Wformat=2 \
        -Wundef -Wvla -Werror
# The sanitizers look at more of the stack and of each call than these do.
HARD := -fPIE $(if $(SANITIZE),,-fstack-protector-strong -fstack-clash-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS   := $(shell pkg-config --libs $(PKGS) 2>/dev/null)
# What one compiled with a profile of its work is told beside: see "tuned".
PROFILE ?=
CFLAGS  := -std=c17 $(OPT) $(WARN) $(HARD) $(SANITIZE) -pthread
CPPFLAGS := -D_GNU_SOURCE -Idaemon $(PKG_CFLAGS)
LDFLAGS := -pie -Wl,-z,relro,-z,now $(SANITIZE) $(PROFILE) -pthread
LDLIBS  := $(PKG_LIBS) -lm
# Of what is only for tests: two hundred programs of one library, which the usual linker takes half a minute of CPU longer for.
TEST_LINKER := $(if $(shell command -v ld.lld),-fuse-ld=lld)

OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(LIBRARY))
UNIT    := $(patsubst %,$(BUILD)/tests/%_test,$(unit_tests))
TOOLS   := $(patsubst %,$(BUILD)/tests/%,$(test_tools)) $(BUILD)/tests/storage_fault.so $(BUILD)/tests/deadly_record.so \
           $(BUILD)/tests/power_cut.so $(BUILD)/tests/wall_clock.so
TOOLS   += $(BUILD)/tests/casewatchd_crash
TOOLS   += $(BUILD)/tests/report_goldens_test # it makes the pages that a browser looks at

.PHONY: all setup demo check test bench asan lint install clean
all: $(BUILD)/casewatchd $(BUILD)/casewatch
all: $(BUILD)/casewatch-sim

$(BUILD)/libcasewatch.a: $(OBJECTS)
	@rm -f $@
	@ar rcSP $@ $^ && ranlib $@

$(BUILD)/casewatchd: $(BUILD)/obj/daemon/run/main.o $(BUILD)/libcasewatch.a
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
	@mkdir -p build/state/spool # where conf/casewatchd.yaml has its database and spool when run from the tree

$(BUILD)/casewatch: $(BUILD)/obj/daemon/cli/main.o $(BUILD)/libcasewatch.a
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/tests/disk_test: $(patsubst %,$(BUILD)/obj/daemon/sim/%.o,chance disk disk_faults disk_shared disk_vfs)
# What speaks to Kafka is the simulator's own (brokers), in the place of what the library has.
$(BUILD)/casewatch-sim: LDFLAGS += -Wl,--wrap=sqlite3_step -Wl,--wrap=clock_boot -Wl,--wrap=getpid
$(BUILD)/casewatch-sim: $(patsubst %,$(BUILD)/obj/daemon/sim/%.o,$(sim)) $(BUILD)/libcasewatch.a
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/obj/daemon/base/version.o: CPPFLAGS += -DCASEWATCH_VERSION='"$(VERSION)"'
$(BUILD)/obj/daemon/base/version.o: Makefile
$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# What a unit program itself does is little, and to compile it with sanitizers for speed took five seconds where this takes half of one:
# the longest part of a whole run was that. What is tested is compiled as it ships; of what a test does itself only the memory is
# looked at with sanitizers, for half of the compiler's time (the library is looked at whole).
$(BUILD)/obj/tests/unit/%.o: CFLAGS += -O0 -U_FORTIFY_SOURCE $(if $(SANITIZE),-fno-sanitize=undefined)

# The rooms in which a replay spends its time. What of them is not in the profile is made small.
TUNED_ROOMS := base text time event rules engine $(filter engine/%,$(ROOMS)) backtest
$(foreach room,$(TUNED_ROOMS),$(patsubst %,$(BUILD)/obj/daemon/$(room)/%.o,$($(room)))): CFLAGS += $(PROFILE)

$(BUILD)/tests/%_test: $(BUILD)/obj/tests/unit/%_test.o $(BUILD)/libcasewatch.a
	@mkdir -p $(@D)
	@$(CC) $(LDFLAGS) $(TEST_LINKER) -o $@ $^ -lcmocka $(LDLIBS)

# The test stands between the courier and the store: it plants faults there, and ends the process at each commit.
$(BUILD)/tests/outbox_states_test: LDFLAGS += $(patsubst %,-Wl$(comma)--wrap=%,outbox_recover outbox_claim outbox_result \
	outbox_address store_commit alert_context_alert checkpoint_start mmap munmap)

$(BUILD)/tests/outbox_storm_states_test: LDFLAGS += $(patsubst %,-Wl$(comma)--wrap=%,outbox_recover outbox_result \
	outbox_claim_again store_commit alert_context_alert checkpoint_start mmap munmap)

$(BUILD)/tests/outbox_cell_states_test: LDFLAGS += $(patsubst %,-Wl$(comma)--wrap=%,store_commit checkpoint_start mmap munmap \
	channel_may_begin)

# Directories that cannot be listed.
UNLISTED := bounces config_councils erase_orders spool template tidying traces
$(UNLISTED:%=$(BUILD)/tests/%_test): LDFLAGS += -Wl,--wrap=readdir

# The kernel watches no more directories.
$(BUILD)/tests/spool_test: LDFLAGS += -Wl,--wrap=inotify_init1 -Wl,--wrap=inotify_add_watch

# A file that is still being read.
$(BUILD)/tests/councils_test: LDFLAGS += -Wl,--wrap=file_read

# Machines of a cell whose time is the test's.
$(BUILD)/tests/members_test: LDFLAGS += -Wl,--wrap=clock_boot

# An engine that fails at an event: no store is there that would.
$(BUILD)/tests/replay_test: LDFLAGS += -Wl,--wrap=engine_accept

# Statements of the database that fail.
$(BUILD)/tests/erase_fails_test: LDFLAGS += -Wl,--wrap=sqlite3_step
DATABASE_CALLS := step exec prepare_v2 prepare_v3 open_v2 backup_step
$(BUILD)/tests/follow_fails_test $(BUILD)/tests/store_fails_test: LDFLAGS += $(patsubst %,-Wl$(comma)--wrap=sqlite3_%,$(DATABASE_CALLS))
$(BUILD)/tests/courier_fails_test $(BUILD)/tests/courier_ends_fail_test $(BUILD)/tests/courier_gate_test $(BUILD)/tests/courier_gate_names_test $(BUILD)/tests/courier_gate_told_test $(BUILD)/tests/courier_caps_test $(BUILD)/tests/pipeline_fails_test $(BUILD)/tests/pipeline_preview_test $(BUILD)/tests/reckon_fails_test: LDFLAGS += -Wl,--wrap=sqlite3_step

# What was judged is due again at once.
$(BUILD)/tests/pipeline_due_test: LDFLAGS += -Wl,--wrap=sqlite3_step -Wl,--wrap=engine_flush -Wl,--wrap=engine_flush_behind

# Calls to files that fail.
DISK_CALLS := open openat read pread write pwrite fsync ftruncate rename renameat renameat2 unlinkat mkdir opendir
$(BUILD)/tests/disk_calls_test: LDFLAGS += $(patsubst %,-Wl$(comma)--wrap=%,$(DISK_CALLS))

# A disk that does not keep what was written.
$(BUILD)/tests/erase_orders_test: LDFLAGS += -Wl,--wrap=fsync

# What would be ordered to a cell.
$(BUILD)/tests/tidying_test: LDFLAGS += -Wl,--wrap=orders_are_given -Wl,--wrap=orders_give

# Registers and a log that are behind.
$(BUILD)/tests/lists_late_test: LDFLAGS += -Wl,--wrap=registers_step -Wl,--wrap=feeds_were_caught_up

# A disk with little room.
$(BUILD)/tests/ops_alerts_test: LDFLAGS += -Wl,--wrap=statvfs
$(BUILD)/tests/ops_alerts_test: LDFLAGS += -Wl,--wrap=loop_on_clock_jump

$(BUILD)/tests/%: $(BUILD)/obj/tests/tools/%.o $(BUILD)/libcasewatch.a
	@mkdir -p $(@D)
	@$(CC) $(LDFLAGS) $(TEST_LINKER) -o $@ $^ $(LDLIBS)

# The daemon with points at which it ends: a program of the tests, which nobody installs.
crash_points := store_commit pipeline_take_some pipeline_tick pipeline_nobody pass_make results_write events_add_ahead \
	outbox_add outbox_claim outbox_address outbox_hold outbox_result outbox_recover delivery_carry
crash_points += journal_want courier_may_send journal_over ownership_order ownership_read
$(BUILD)/tests/casewatchd_crash: $(BUILD)/obj/daemon/run/main.o $(BUILD)/obj/tests/tools/crash_points.o $(BUILD)/libcasewatch.a
	@mkdir -p $(@D)
	@$(CC) $(LDFLAGS) $(patsubst %,-Wl$(comma)--wrap=%,$(crash_points)) -o $@ $^ $(LDLIBS)

# They use what the unit tests share.
$(BUILD)/tests/bench_delivery $(BUILD)/tests/soak: LDLIBS += -lcmocka

# In front of the C library (LD_PRELOAD): a disk that fails on demand.
$(BUILD)/tests/%.so: tests/tools/%.c
	@mkdir -p $(@D)
	@$(CC) -D_GNU_SOURCE -std=c17 -O2 $(WARN) -fPIC -shared -o $@ $<

.SECONDARY:

# The same programs in build/tuned, compiled with a profile of what they do (gcc alone): the code of the usual way lies
# together, and much of it in the processor's cache. The events are made here and are the same each time (TRAINING: how
# many), so the same sources and compiler give the same programs. What is built otherwise needs no profile.
TRAINING := 40000
TUNED    := $(BUILD)/tuned
.PHONY: tuned
tuned: $(BUILD)/tests/bench_casework
	@rm -rf $(TUNED)
	@$(MAKE) BUILD=$(TUNED) PROFILE="-fprofile-generate -fprofile-update=single" $(TUNED)/casewatch
	@for late in 0 2; do $< $(TRAINING) $$(($(TRAINING) / 20)) $$late >$(TUNED)/training.jsonl && \
		for rules in tests/bench/rules rules; do $(TUNED)/casewatch backtest --config conf/casewatchd.yaml --rules $$rules \
			$(TUNED)/training.jsonl >/dev/null || exit 1; done || exit 1; done
	@rm -f $(TUNED)/training.jsonl $(TUNED)/casewatch $(TUNED)/libcasewatch.a \
		$(foreach room,$(TUNED_ROOMS),$(patsubst %,$(TUNED)/obj/daemon/$(room)/%.o,$($(room))))
	@$(MAKE) BUILD=$(TUNED) PROFILE="-fprofile-use -Wno-missing-profile" all

# The dictionary by which stored events are packed, as it would be made of docs/events.md now: the one that shipped stays as it is, and
# another has the next number (daemon/event/packing.h).
.PHONY: dictionary
dictionary:
	@mkdir -p $(BUILD)
	@tests/tools/dictionary.py >$(BUILD)/packing.inc
	@cmp -s $(BUILD)/packing.inc $(lastword $(sort $(wildcard daemon/event/packing_*.inc))) && echo "$(BUILD)/packing.inc: as it shipped" || \
		echo "$(BUILD)/packing.inc: another than the one that shipped"

# ---- packages (Debian) ----
BUILD_PACKAGES := gcc libc6-dev pkg-config tzdata libevent-dev librdkafka-dev libsqlite3-dev libcurl4-openssl-dev libssl-dev \
                  libyaml-dev libsystemd-dev libxml2-dev libical-dev liblz4-dev
TEST_PACKAGES  := $(BUILD_PACKAGES) libcmocka-dev python3 python3-pip python3-pytest python3-jsonschema python3-yaml openssl default-jre-headless maven \
                  postfix sasl2-bin libsasl2-modules valgrind procps systemd systemd-container mmdebstrap
# The pages in a real browser behind a real proxy; Playwright and axe-core come by pip (tests/system/browser.py).
TEST_PACKAGES  += chromium fonts-liberation nginx-light curl
TEST_PACKAGES  += clang libclang-rt-dev lld
TEST_PACKAGES  += prometheus
# Installs what is missing, and says so; does nothing (and needs no root) where all is there.
define install_packages
	@missing=$$(for p in $(1); do dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	if [ -n "$$missing" ]; then echo "Installing" $$missing; \
		export DEBIAN_FRONTEND=noninteractive; as=; [ "$$(id -u)" = 0 ] || as=sudo; \
		$$as apt-get -qq update && $$as apt-get -qq install -y --no-install-recommends $$missing >/dev/null; fi
endef
.PHONY: setup-build setup-test
setup-build:
	$(call install_packages,$(BUILD_PACKAGES))
setup-test:
	$(call install_packages,$(TEST_PACKAGES))
setup: setup-test

# ---- what people run ----
# The recipes call make anew, because pkg-config answers only after the packages are there.
demo: setup-build
	@$(MAKE) all demo-tools
	@$(BUILD)/casewatch demo --config conf/casewatchd.yaml --tools $(BUILD)/tests --out demo
.PHONY: demo-tools
demo-tools: $(BUILD)/tests/mail_sink $(BUILD)/tests/mock_cluster $(BUILD)/tests/produce

# Tests run side by side, each with its output whole. `make JOBS=1 unit` runs them one after the other.
JOBS := $(shell nproc)
SIDE_BY_SIDE = $(MAKE) -j$(JOBS) --output-sync=target
# Of what runs beside the system tests: those wait for servers and for each other, and find a processor when they wake.
GIVE_WAY := nice -n 10
# One that eats memory without end fails by itself, and takes nothing else with it. Sanitizers reserve more than there is.
BOUNDED  := $(if $(SANITIZE),,prlimit --data=6000000000)

# Everything: lint, unit, the tests beside the rules, scenarios, random histories, and the daemon with real servers. The last
# wait for more than half of their time, and so run beside the others; what ends first is said first. BESIDE: what else does.
test: setup-test
	@$(SIDE_BY_SIDE) all unit-programs tools
	@$(MAKE) -j2 system beside-system
# One more at a time than there are cores, as some of each one's time goes by while the disk writes.
.PHONY: beside-system
beside-system: JOBS := $(shell echo $$(($(JOBS) + 1)))
beside-system:
	@$(SIDE_BY_SIDE) $(longest_runs) lint mutate fuzz-some $(unit_runs) $(scenario_runs)
	@$(if $(BESIDE),$(MAKE) $(BESIDE))

# Quick, and without servers: what a developer runs before each commit.
check: all unit-programs
	@$(MAKE) lint unit scenario

.PHONY: unit unit-programs tools scenario mutate system valgrind
unit-programs: $(UNIT)
tools: $(TOOLS)
unit_runs := $(patsubst %,unit-%,$(unit_tests))
.PHONY: $(unit_runs)
unit: unit-programs
	@$(SIDE_BY_SIDE) $(unit_runs)
$(unit_runs): unit-%: $(BUILD)/tests/%_test
	@echo "== $*"; $(BOUNDED) $(GIVE_WAY) $<

ROUNDS ?= 200
# Fixed, so that a run can be told from the one before; `make scenario SEED=$$RANDOM` looks for more.
SEED   ?= 20200119
# A part is a target, so that they run side by side; `make scenario-who` runs one.
scenario_parts := check rules cases histories histories-portions reading reading-portions shuffle docs compare explain who
scenario_parts += imports why-not answers reports
scenario_parts += holders soak
scenario_parts += due
scenario_parts += retold sim
scenario_parts += threads
scenario_runs := $(patsubst %,scenario-%,$(scenario_parts))
# Begun first where all run: the end would be waiting for one of them, on one core. (What is named twice runs once.)
longest_runs := scenario-sim scenario-why-not scenario-explain scenario-reports scenario-soak scenario-cases
longest_runs += $(patsubst %,unit-%,day engine_work follow_fails store_fails pipeline_fails adversary reckon courier members render)
.PHONY: $(scenario_runs)
TOOL := $(GIVE_WAY) $(BUILD)/casewatch
SCENARIO = $(GIVE_WAY) tests/scenario
IN_PORTIONS := $(BUILD)/tests/backtest_forced
RANDOM_ROUNDS = --rounds $(ROUNDS) --seed $(SEED)
# Of what takes longer a round: no more than that, and than ROUNDS.
at_most = $(shell echo $$(($(ROUNDS) < $(1) ? $(ROUNDS) : $(1))))
scenario: $(BUILD)/casewatch $(IN_PORTIONS)
	@$(SIDE_BY_SIDE) $(scenario_runs)
$(scenario_runs): $(BUILD)/casewatch $(IN_PORTIONS)
scenario-check:
	@echo "== configuration and rules"; $(TOOL) check --config conf/casewatchd.yaml
scenario-rules:
	@echo "== tests beside the rules"; $(TOOL) test --config conf/casewatchd.yaml
scenario-cases:
	@$(if $(TEST_ROUNDS),,echo "== scenarios"; $(SCENARIO)/run --tool $(BUILD)/casewatch)
	@echo "== scenarios, in portions, all of it found by index, nothing frozen"
	@$(SCENARIO)/run --tool $(IN_PORTIONS) --words "--thawed 0"
scenario-histories:
	@echo "== random histories"; $(SCENARIO)/properties.py --tool $(BUILD)/casewatch $(RANDOM_ROUNDS)
scenario-histories-portions:
	@echo "== random histories, folded in portions of a few events and frozen whenever they were judged"
	@$(SCENARIO)/properties.py --tool $(IN_PORTIONS) $(RANDOM_ROUNDS)
scenario-reading:
	@echo "== against an independent reading"; $(SCENARIO)/differential.py --tool $(BUILD)/casewatch $(RANDOM_ROUNDS)
scenario-reading-portions:
	@echo "== against an independent reading, in portions"; $(SCENARIO)/differential.py --tool $(IN_PORTIONS) $(RANDOM_ROUNDS)
# Minutes of chance are `tests/scenario/retold.py --rounds 1000`.
scenario-retold:
	@echo "== one history told in other ways"; $(SCENARIO)/retold.py --tool $(BUILD)/casewatch --rounds $(call at_most,12) --seed $(SEED)
scenario-shuffle:
	@echo "== rule files shuffled"; $(SCENARIO)/shuffle.py --tool $(BUILD)/casewatch --rounds $(call at_most,40) --seed $(SEED)
scenario-docs:
	@echo "== examples in docs"; $(SCENARIO)/docs.py --tool $(BUILD)/casewatch
scenario-compare:
	@echo "== comparisons"; $(SCENARIO)/compare.py --tool $(BUILD)/casewatch
scenario-explain:
	@echo "== explain"; $(SCENARIO)/explain.py --tool $(BUILD)/casewatch --cases $(ROUNDS) --seed $(SEED)
	@$(SCENARIO)/explain.py --tool $(BUILD)/casewatch --versions --cases $(call at_most,60) --seed $(SEED)
scenario-who:
	@echo "== who"; $(SCENARIO)/who.py --tool $(BUILD)/casewatch
scenario-imports:
	@echo "== imports"; $(SCENARIO)/imports.py --tool $(BUILD)/casewatch
scenario-reports: $(BUILD)/tests/bench_fill $(BUILD)/tests/bench_registers
	@echo "== reports, reckoned again"; $(SCENARIO)/reports.py --tool $(BUILD)/casewatch --tests $(BUILD)/tests --seed $(SEED) --rounds 2
	@$(SCENARIO)/reports_more.py --tool $(BUILD)/casewatch --tests $(BUILD)/tests --seed $(SEED) --rounds 2
scenario-due:
	@echo "== when lists and reports are due"; $(SCENARIO)/due.py --tool $(BUILD)/casewatch
scenario-why-not:
	@echo "== why not"; $(SCENARIO)/why_not.py --tool $(BUILD)/casewatch --cases $(ROUNDS) --seed $(SEED)
	@$(SCENARIO)/why_not.py --tool $(BUILD)/casewatch --versions --cases $(call at_most,60) --seed $(SEED)
# A month of a small council through the real daemon; `make soak` is a year of a large one.
scenario-soak: $(BUILD)/tests/soak
	@echo "== a council's days in fast time"; $(SCENARIO)/soak.py --soak $(BUILD)/tests/soak --tool $(BUILD)/casewatch --seed $(SEED) --days 15 --alerts 40
scenario-threads:
	@echo "== a backtest over several threads"; $(SCENARIO)/threads.py --tool $(BUILD)/casewatch --forced $(IN_PORTIONS) --rounds 6 --seed $(SEED)
scenario-answers:
	@echo "== who is told, and when"; $(SCENARIO)/answers.py --tool $(BUILD)/casewatch $(RANDOM_ROUNDS)
	@$(SCENARIO)/answers.py --tool $(IN_PORTIONS) $(RANDOM_ROUNDS)
scenario-holders:
	@echo "== who holds a role, and when they hear"; $(SCENARIO)/holders.py --tool $(BUILD)/casewatch $(RANDOM_ROUNDS)

# Whether the tests beside the rules notice when a number, a word or an event of a rule is changed.
mutate: $(BUILD)/casewatch
	@echo "== changed rules"; $(TOOL) test --mutate --config conf/casewatchd.yaml

# A council's life in fast time with everything that can go wrong (docs/simulator.md). Half a minute of one core beside the
# scenarios; `make sim` is 200 seeds of 30 days, `make sim-hour` an hour's, `make planted` tries it with planted bugs.
SIM_SEEDS ?= 200
.PHONY: scenario-sim sim sim-hour planted
scenario: $(BUILD)/casewatch-sim
# Told and answered by rules that are not those in force when it is looked at: its id is one that they never give.
sim_answered_elsewhere := --seed 20005 --days 30 --faults 60 --children 13 --stories 4 --acts 216,452,461,462,494
# Known first by rules that came into force after its records were corrected.
sim_known_late := --seed 40043 --days 30 --faults 60 --children 32 --stories 6 \
	--acts 138,149,154,155,158,159,161,215,216,404,406,414,449
# Killed with messages on their way while the disk is full for hours: it starts once there is room.
sim_full_at_start := --seed 3 --days 3 --faults 30
# What was withdrawn, a restart, and a later reason: that is another alert, also for an engine that reads the child anew.
sim_reason_after_withdrawal := --seed 70023 --days 30 --faults 60 --children 16 --stories 2 --acts 131,144,239,260
# Nobody could be told of the last step of a ladder, and a reload made the ladder longer.
sim_ladder_grew := --seed 103 --days 10 --faults 30 --children 16 --stories 1 --acts 38,96,99,104
# News of a child who was erased came before the erasure was repeated in a backup that was put back.
sim_news_while_erased := --seed 38 --days 10 --faults 30 --children 27 --stories 6 --acts 173,198,206,289,218,233,241
# Of two ids that were one, and were erased: news of the one came before the record that said so was gone again.
sim_merged_while_erased := --seed 93 --days 10 --faults 30 --children 8 --stories 6 \
	--acts 88,122,134,137,142,151,232,165,175
# Of several machines with faults, what failed once: 707, a machine that stood still while it sent was taken for a well one; 715,
# an answer that waited for its time was forgotten by a process that was killed.
sim_members_found := 707 715
# An answer that has a right time was taken while the clock was nine days ahead, which had asked again just before.
sim_taken_ahead := --seed 131006 --days 10 --faults 30
# A machine that stands by made copies for two people of what the other dropped at once.
sim_members_dropped := --members 2 --seed 90009 --days 3 --faults 40 --children 17 --stories 3 --acts 22,79,81,97
# With sanitizers fewer: one seed, and what was found as it was found alone.
sim_few = $(if $(TEST_ROUNDS),$(2),$(1))
# What the fuzzer found, as it found it (tests/fuzz/council.c).
sim_as_fuzzed := --seed 1 --days 3 --children 12
scenario-sim: $(BUILD)/casewatch-sim
	@echo "== the simulator"; tests/sim/planted --fits && $(GIVE_WAY) $(BUILD)/casewatch-sim --seed $(SEED) --seeds $(call sim_few,4,1) --days 7 --faults 30
	@$(GIVE_WAY) $(BUILD)/casewatch-sim --seed $(SEED) --days 9 --faults 20 --oracle
	@for apart in "" "unshare -Urpf"; do $$apart true 2>/dev/null || apart=; \
		$$apart $(GIVE_WAY) $(BUILD)/casewatch-sim --seed 7 --days 3 --faults 20 || echo "failed $$apart"; done | uniq | wc -l | grep -qx 1 || \
		{ echo "the same seed does not go the same way twice, or fails"; exit 1; }
	@$(GIVE_WAY) $(BUILD)/casewatch-sim $(sim_answered_elsewhere)
	@$(GIVE_WAY) $(BUILD)/casewatch-sim $(sim_known_late)
	@$(GIVE_WAY) $(BUILD)/casewatch-sim $(sim_full_at_start)
	@$(GIVE_WAY) $(BUILD)/casewatch-sim $(sim_reason_after_withdrawal)
	@$(GIVE_WAY) $(BUILD)/casewatch-sim $(sim_ladder_grew)
	@$(GIVE_WAY) $(BUILD)/casewatch-sim $(sim_news_while_erased)
	@$(GIVE_WAY) $(BUILD)/casewatch-sim $(sim_merged_while_erased)
	@$(GIVE_WAY) $(BUILD)/casewatch-sim $(sim_taken_ahead)
	@$(GIVE_WAY) $(BUILD)/casewatch-sim --members 3 --seed $(SEED) --seeds $(call sim_few,2,1) --days 3 --faults 0
	@for seed in $(sim_members_found); do $(GIVE_WAY) $(BUILD)/casewatch-sim --members 2 --seed $$seed --days 3 --faults 40 || exit 1; done
	@$(GIVE_WAY) $(BUILD)/casewatch-sim $(sim_members_dropped)
	@for bytes in $(call sim_few,tests/sim/found/bytes-9 tests/sim/found/bytes-28,); do $(GIVE_WAY) $(BUILD)/casewatch-sim --days 14 --bytes $$bytes || exit 1; done
	@for bytes in tests/sim/found/*; do $(GIVE_WAY) $(BUILD)/casewatch-sim $(sim_as_fuzzed) --bytes $$bytes || exit 1; done
sim: $(BUILD)/casewatch-sim
	@for bytes in tests/sim/found/*; do $(BUILD)/casewatch-sim --days 14 --bytes $$bytes || exit 1; done
	@$(BUILD)/casewatch-sim --seed $(SEED) --seeds $(SIM_SEEDS) --jobs $(JOBS)
# Two and three machines of a cell (docs/simulator.md, "Several machines").
.PHONY: sim-members
sim-members: $(BUILD)/casewatch-sim
	@for members in 2 3; do \
		$(BUILD)/casewatch-sim --members $$members --seed $(SEED) --seeds 25 --days 6 --faults 0 --jobs $(JOBS) || exit 1; done
sim-hour: $(BUILD)/casewatch-sim
	@timeout --preserve-status 3600 $(BUILD)/casewatch-sim --seed $$RANDOM --seeds 5000 --jobs $(JOBS)
planted: $(BUILD)/casewatch-sim
	@tests/sim/planted --build $(BUILD)

# The answers of why-not and explain, tried: minutes. `make why CASES=500 SEED=$$RANDOM` looks for more.
CASES ?= 10000
# Everything that may happen to the messages of an alert, in every order, with a crash at every step: minutes.
# The daemon killed again and again, at every point and after any number of messages: half an hour for a thousand.
KILLS ?= 1000
.PHONY: crash
crash: all tools
	@CASEWATCH_BUILD=$(abspath $(BUILD)) KILLS=$(KILLS) python3 -B -m pytest -q -s -p no:cacheprovider tests/system/test_crash.py

# Owners of a cell killed and handed over a hundred times each, three daemons, under load; and frozen at every point of sending: an hour.
.PHONY: cell-drill
cell-drill: all tools
	@CASEWATCH_BUILD=$(abspath $(BUILD)) CELL_KILLS=100 CELL_MOVES=100 CELL_POINTS=all python3 -B -m pytest -q -s \
		-p no:cacheprovider tests/system/test_cell_drill.py tests/system/test_cell_daemons.py

# What is between the machines of a cell and their brokers, the brokers and the journal are not there for a while; each way: ten minutes.
.PHONY: cell-cuts
cell-cuts: all tools
	@CASEWATCH_BUILD=$(abspath $(BUILD)) CELL_LONG=yes python3 -B -m pytest -q -s -p no:cacheprovider tests/system/test_cell_cuts.py \
		tests/system/long/test_cell_brokers.py

# docs/faults.md, what takes long: power cuts by the hundred, damage to every table, more than anybody sends. Some twenty minutes.
CUTS ?= 200
.PHONY: faults
faults: setup-test
	@$(MAKE) all tools
	@CASEWATCH_BUILD=$(abspath $(BUILD)) CUTS=$(CUTS) DAMAGED=all python3 -B -m pytest -q -s -p no:cacheprovider \
		tests/system/test_power_cut.py tests/system/test_damage.py tests/system/test_storage.py tests/system/long

.PHONY: soak
soak: all $(BUILD)/tests/soak
	@tests/scenario/soak.py --soak $(BUILD)/tests/soak --tool $(BUILD)/casewatch --seed $(SEED) --days 365 --alerts 1500 --reckon 24

# Every order of what may happen to a message, as far as so many states reach: some ten minutes.
STATES ?= 5000
.PHONY: states
states: $(BUILD)/tests/outbox_states_test $(BUILD)/tests/outbox_cell_states_test $(BUILD)/tests/outbox_storm_states_test
	@STATES=$(STATES) $(BUILD)/tests/outbox_states_test
	@STATES=$(STATES) $(BUILD)/tests/outbox_cell_states_test
	@STATES=$(STATES) $(BUILD)/tests/outbox_storm_states_test

# The same of two and three machines with a journal between them, so many states of each story: minutes.
CELL_STATES ?= 20000000
.PHONY: cell-states
cell-states: $(BUILD)/tests/ownership_states_test
	@STATES=$(CELL_STATES) $(BUILD)/tests/ownership_states_test
# It has the protocol's files in itself, so that parts can be left out.
$(BUILD)/obj/tests/unit/ownership_states_test.o: daemon/cell/ownership.c daemon/cell/ownership_known.c

.PHONY: why
why: $(BUILD)/tests/ask
	@tests/scenario/why_not.py --ask $(BUILD)/tests/ask --jobs 2 --cases $(CASES) --seed $(SEED)
	@tests/scenario/why_not.py --ask $(BUILD)/tests/ask --jobs 2 --cases $(CASES) --seed $(SEED) --versions
	@tests/scenario/explain.py --ask $(BUILD)/tests/ask --jobs 2 --cases $(CASES) --seed $(SEED)
	@tests/scenario/explain.py --ask $(BUILD)/tests/ask --jobs 2 --cases $(CASES) --seed $(SEED) --versions

# Three processes that take test by test from one list: they mostly wait. `make SYSTEM_JOBS=1 system` runs one after the other.
SYSTEM_JOBS ?= 3
system: all tools
	@tests/system/kafka-broker prepare
	@CASEWATCH_BUILD=$(abspath $(BUILD)) tests/system/run --jobs $(SYSTEM_JOBS) --ignore tests/system/long tests/system

# Two years of a large council with little memory and with much: minutes.
.PHONY: months
months: $(BUILD)/tests/months $(BUILD)/tests/bench_casework
	@tests/scenario/months.py --build $(BUILD)

valgrind: unit-programs
	@set -e; for t in $(UNIT); do echo "== $$(basename $$t) under Valgrind"; TEST_ROUNDS=100 TEST_YEAR=2030 \
		valgrind -q --error-exitcode=9 --leak-check=full --show-leak-kinds=definite,possible $$t; done

# The pages' threads beside the daemon's: whether anything is used by two without a lock.
.PHONY: helgrind
helgrind: $(BUILD)/tests/web_test
	@valgrind -q --tool=helgrind --error-exitcode=9 --suppressions=tests/valgrind/helgrind.supp $<

# Of symbols what a report names: functions and lines. Four fifths of the time of these programs is the C library's, SQLite's and the
# sanitizers' own: -O1 took the compiler half as long again, and gave nothing back. Warnings are the plain build's business.
SANITIZED = $(MAKE) BUILD=$(BUILD)/asan OPT='-Og -g1' WARN=-w SANITIZE='-fsanitize=address,undefined -fno-sanitize-recover=all'
.PHONY: asan-programs asan-some asan-some-programs sanitized-runs
asan: asan-programs
	+@ASAN_OPTIONS=detect_leaks=1 $(SANITIZED) ROUNDS=40 unit scenario system
asan-programs:
	+@$(SANITIZED) all unit-programs tools
# Fewer rounds: what many rounds and whole walks show the plain programs show, and here every line is looked at as it runs; the
# scenarios in portions alone. What takes longest is begun first, so that no core waits for it at the end. Two more at a time than
# there are cores: each waits for the disk for some of its time. Of the helper programs those that these use: the others are for the
# system tests, which `make asan` runs. What is freed is watched until another 32 MB are: of the usual 256 the pages cost a tenth of the
# time, most of it the kernel's.
SANITIZED_TOOLS := $(patsubst %,$(BUILD)/asan/tests/%,$(notdir $(IN_PORTIONS)) bench_fill bench_registers soak)
asan-some-programs:
	+@$(SANITIZED) $(BUILD)/asan/casewatch $(BUILD)/asan/casewatch-sim unit-programs $(SANITIZED_TOOLS)
asan-some: asan-some-programs
	+@TEST_ROUNDS=200 ASAN_OPTIONS=quarantine_size_mb=32 $(SANITIZED) ROUNDS=8 JOBS=$$(($(JOBS) + 2)) sanitized-runs
sanitized-runs:
	@$(SIDE_BY_SIDE) $(longest_runs) $(unit_runs) $(scenario_runs)

# What any bytes must not do, tried: each fuzzer for so many seconds (`make FUZZ_SECONDS=600 fuzz`). They are built by clang, which
# brings libFuzzer, with the whole library under its eyes, in a folder of their own.
# An empty text is NULL and 0: that NULL plus 0 is NULL, C2y says (N3322), and gcc and clang always did.
FUZZED = $(MAKE) BUILD=$(BUILD)/fuzz CC=clang WARN=-w OPT='-O1 -g1' SANITIZE='-fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize=pointer-overflow -fno-sanitize-recover=all'
FUZZ_SECONDS := 60
fuzzers := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c))
.PHONY: fuzz fuzz-programs fuzz-some
fuzz: setup-test
	@$(MAKE) fuzz-programs
	@tests/fuzz/run --build $(BUILD)/fuzz --seconds $(FUZZ_SECONDS) --jobs $(JOBS)
fuzz-programs:
	@$(FUZZED) $(patsubst %,$(BUILD)/fuzz/%,$(fuzzers))
# One of them drives the simulator; it brings the council with it.
$(BUILD)/council: LDFLAGS += -Wl,--wrap=sqlite3_step -Wl,--wrap=clock_boot -Wl,--wrap=getpid
$(BUILD)/council: $(patsubst %,$(BUILD)/obj/daemon/sim/%.o,$(filter-out main,$(sim)))
$(BUILD)/council: $(BUILD)/libcasewatch.a
# The others read what strangers write, each in a room or two: the rooms that those need are a quarter of the library.
FUZZED_ROOMS := base text time event people rules rules/load rules/load/kinds config loop channel/http channel/smtp cell import
$(BUILD)/libread.a: $(foreach room,$(FUZZED_ROOMS),$(patsubst %,$(BUILD)/obj/daemon/$(room)/%.o,$($(room))))
	@rm -f $@
	@ar rcSP $@ $^ && ranlib $@
readers := $(filter-out council,$(fuzzers))
$(patsubst %,$(BUILD)/%,$(readers)): $(BUILD)/libread.a
$(patsubst %,$(BUILD)/%,$(fuzzers)): $(BUILD)/%: $(BUILD)/obj/tests/fuzz/%.o
	@$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $(filter-out %.a,$^) $(filter %.a,$^) $(LDLIBS)
# That one alone, for longer: what it finds goes to tests/sim/found, and is mended. `make FUZZ_SECONDS=1200 sim-fuzz`
.PHONY: sim-fuzz
sim-fuzz: setup-test
	@$(FUZZED) $(BUILD)/fuzz/council
	@$(GIVE_WAY) tests/fuzz/run --build $(BUILD)/fuzz --seconds $(FUZZ_SECONDS) --jobs 1 council
# For every run: seconds, beside what waits for servers. Not the council's, for which the whole library is built: five executions in
# its seconds, of which three were of tests/sim/found; scenario-sim goes through all of those, with sanitizers, too.
fuzz-some:
	@$(FUZZED) $(patsubst %,$(BUILD)/fuzz/%,$(readers))
	@echo "== fuzzers"; $(GIVE_WAY) tests/fuzz/run --build $(BUILD)/fuzz --seconds 3 --jobs 1 $(readers)

# How much of each room the tests reach: a build that counts, at -O0 (a line is a line), in a folder of its own; a quarter of an hour.
# `make coverage-report GAPS=store` prints what nothing reached. What is left out has its reason in tests/coverage/excluded.
# At -O0 the compiler warns of what it does not see through: warnings are the other builds' business.
COVERAGE := $(MAKE) BUILD=$(BUILD)/coverage OPT="-O0 -g -DCODEC_INLINE='static inline'" WARN=-w SANITIZE=--coverage
GAPS ?=
.PHONY: coverage coverage-report coverage-runs coverage-sim
coverage: setup-test
	@$(COVERAGE) all unit-programs tools
	@find $(BUILD)/coverage -name '*.gcda' -delete
	@$(COVERAGE) -k ROUNDS=15 unit scenario coverage-sim >$(BUILD)/coverage/runs.out 2>&1; ran=$$?; \
		[ $$ran = 0 ] || grep -iE 'fail|error' $(BUILD)/coverage/runs.out | tail -20; \
		$(MAKE) coverage-report && exit $$ran
coverage-report:
	@tests/coverage/report --build $(BUILD)/coverage $(if $(GAPS),--gaps $(GAPS))
coverage-sim: $(BUILD)/casewatch-sim
	@$(BUILD)/casewatch-sim --seed $(SEED) --seeds 24 --days 12 --faults 60 --jobs $(JOBS)

bench: setup-test
	@$(MAKE) all tools
	@CASEWATCH_BUILD=$(abspath $(BUILD)) tests/bench/run

# Each checker first proves that it can fail. The last looks at the objects, too.
lint: lint-sentences tidy
.PHONY: lint-sentences tidy
lint-sentences:
	@tests/lint/rooms --self-test
	@tests/lint/rooms
	@tests/lint/sentences --self-test
	@tests/lint/sentences
	@tests/lint/indexes --self-test
	@tests/lint/indexes
	@tests/lint/units --self-test
	@tests/lint/units
	@tests/lint/ops-alerts --self-test
	@tests/lint/ops-alerts
	@tests/lint/rule-tests --self-test
	@tests/lint/rule-tests
	@tests/lint/report-tests --self-test
	@tests/lint/report-tests
	@tests/lint/proofs --self-test
	@tests/lint/proofs
	@tests/lint/audit-kinds --self-test
	@tests/lint/audit-kinds
tidy: all unit-programs tools
	@$(GIVE_WAY) tests/lint/tidy --self-test
	@$(GIVE_WAY) tests/lint/tidy --build $(BUILD)

lint: lint-limits
.PHONY: lint-limits
lint-limits:
	@tests/lint/roles --self-test
	@tests/lint/roles
	@tests/lint/limits --self-test
	@tests/lint/limits

# That `make CC=clang` would build: what clang warns of and gcc does not, without making anything.
lint: clang
.PHONY: clang
clang:
	@command -v clang >/dev/null || { echo "lint: no clang here; make setup-test installs it"; exit 1; }
	@find daemon tests -name '*.c' | $(GIVE_WAY) xargs -P2 -n8 clang -fsyntax-only -std=c17 $(CPPFLAGS) \
		-DCASEWATCH_VERSION='"x"' $(WARN) && echo "lint: clang warns of nothing"

# ---- manual pages, completion and bill of materials: made of the programs' own tables (python3) ----
RELEASED = $(shell date -u -d "$$(sed -n 's/^ -- .*>  //p' debian/changelog | head -1)" +%F)
.PHONY: man bill-of-materials
man: all
	@rm -rf $(BUILD)/man
	@docs/man/pages --tool $(BUILD)/casewatch --daemon $(BUILD)/casewatchd --date $(RELEASED) $(BUILD)/man
bill-of-materials: all
	@debian/bill-of-materials $(VERSION) $(BUILD)/casewatchd $(BUILD)/casewatch >$(BUILD)/casewatch.spdx.json

# ---- install ----
# Configuration that is there already is kept: it is the council's.
CONFDIR  = $(DESTDIR)/etc/casewatch
SHAREDIR = $(DESTDIR)$(PREFIX)/share
UNITDIR ?= /usr/lib/systemd/system
INSTALLED = sed -e 's|^database:.*|database: /var/lib/casewatch/casewatch.db|' \
	-e 's|^spool:.*|spool: /var/spool/casewatch|' -e 's|^rules:.*|rules: rules|'
.PHONY: install-programs install-package
install-programs: all
	install -D -m 755 $(BUILD)/casewatchd $(DESTDIR)$(PREFIX)/sbin/casewatchd
	install -D -m 755 $(BUILD)/casewatch $(DESTDIR)$(PREFIX)/bin/casewatch
	install -d $(DESTDIR)$(PREFIX)/libexec/casewatch
	sed 's|/usr/bin/casewatch|$(PREFIX)/bin/casewatch|' systemd/memory-limit >$(DESTDIR)$(PREFIX)/libexec/casewatch/memory-limit
	chmod 755 $(DESTDIR)$(PREFIX)/libexec/casewatch/memory-limit
	install -d $(DESTDIR)$(UNITDIR) $(CONFDIR) $(SHAREDIR)/casewatch $(SHAREDIR)/doc/casewatch
	sed -e 's|/usr/sbin/|$(PREFIX)/sbin/|' -e 's|/usr/libexec/|$(PREFIX)/libexec/|' -e 's|/usr/bin/|$(PREFIX)/bin/|' \
		systemd/casewatchd.service >$(DESTDIR)$(UNITDIR)/casewatchd.service
	install -D -m 644 systemd/casewatch.sysusers $(DESTDIR)/usr/lib/sysusers.d/casewatch.conf
	install -D -m 644 systemd/casewatch.tmpfiles $(DESTDIR)/usr/lib/tmpfiles.d/casewatch.conf
	install -D -m 644 systemd/casewatch.catalog $(DESTDIR)/usr/lib/systemd/catalog/casewatch.catalog
	cp -R README.md CHANGELOG.md docs $(SHAREDIR)/doc/casewatch/
	rm -rf $(SHAREDIR)/doc/casewatch/docs/man
	for file in $(filter-out %.test.yaml,$(wildcard conf/monitoring/*)); do \
		install -D -m 644 $$file $(SHAREDIR)/casewatch/monitoring/$${file##*/}; done
	cd conf && find . -type f ! -path './monitoring/*' ! -name casewatchd.yaml ! -name directory.yaml | while read -r file; do \
		[ -e "$(CONFDIR)/$$file" ] || install -D -m 644 "$$file" "$(CONFDIR)/$$file"; done
	cd rules && find . -type f | while read -r file; do \
		[ -e "$(CONFDIR)/rules/$$file" ] || install -D -m 644 "$$file" "$(CONFDIR)/rules/$$file"; done
	$(INSTALLED) conf/casewatchd.yaml >$(SHAREDIR)/casewatch/casewatchd.yaml
	install -m 644 conf/directory.yaml $(SHAREDIR)/casewatch/directory.yaml

# By hand, an invented council comes with it; a package leaves the two files to `casewatch init`.
install: install-programs
	[ -e $(CONFDIR)/directory.yaml ] || install -m 644 conf/directory.yaml $(CONFDIR)/directory.yaml
	[ -e $(CONFDIR)/casewatchd.yaml ] || install -m 644 $(SHAREDIR)/casewatch/casewatchd.yaml $(CONFDIR)/casewatchd.yaml

install-package: install-programs man bill-of-materials
	for page in $(BUILD)/man/*.[1-8]; do install -D -m 644 $$page $(SHAREDIR)/man/man$${page##*.}/$$(basename $$page); done
	install -D -m 644 $(BUILD)/man/casewatch.bash $(SHAREDIR)/bash-completion/completions/casewatch
	install -D -m 644 $(BUILD)/casewatch.spdx.json $(SHAREDIR)/doc/casewatch/casewatch.spdx.json

# ---- the Debian package, in $(BUILD)/deb ----
# Built of a copy of the tree, beside which it lays what it makes. BUILT: take the programs that are there (absolute) instead of
# compiling them; the package's own way is to compile.
PACKAGE_PACKAGES := debhelper dpkg-dev lintian mandoc man-db bash-completion
TEST_PACKAGES += $(PACKAGE_PACKAGES)
# Only what is named here reaches the package's own make: it must come out alike, however this one was called.
DEB   ?= $(BUILD)/deb
BUILT ?=
DEB_OPTIONS ?=
.PHONY: setup-deb deb
setup-deb:
	$(call install_packages,$(BUILD_PACKAGES) $(PACKAGE_PACKAGES) python3)
deb: setup-deb
	@rm -rf $(DEB) && mkdir -p $(DEB)/casewatch-$(VERSION)
	@{ git ls-files -z --cached --others --exclude-standard 2>/dev/null || find . -type f ! -path './build/*' ! -path './demo/*' ! -path './.git/*' -print0; } | \
		tar --null --no-recursion -T - -cf - | tar -C $(DEB)/casewatch-$(VERSION) -xf -
	@cd $(DEB)/casewatch-$(VERSION) && env -u MAKEFLAGS -u MAKELEVEL $(if $(BUILT),BUILD=$(BUILT)) \
		DEB_BUILD_OPTIONS="nocheck $(DEB_OPTIONS)" dpkg-buildpackage -b --no-sign -d >../build.log 2>&1 || { tail -30 ../build.log; exit 1; }
	@ls $(DEB)/*.deb

# The package compiled twice, its bill of materials, and an upgrade over an older schema: minutes. `make package-test OLD=COMMIT`
.PHONY: package-test
package-test: setup-test all
	@CASEWATCH_BUILD=$(abspath $(BUILD)) tests/system/package-long $(if $(OLD),--old $(OLD))

clean:
	rm -rf $(BUILD) demo

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
