/* bench_delivery: what it costs to tell people, and whether a storm holds up what is urgent. One line of JSON.
 *
 *	bench_delivery ALERTS MESSAGES [TEMPLATES]
 * ALERTS normal alerts at once to 200 people, of whom one has a mailbox that hangs and one that is dead, and then a
 * hundred critical ones: seconds until the last of those was taken. Then MESSAGES critical ones to the others, each a
 * mail of its own: what one costs, against a bare libcurl loop over one connection that sends the very bytes of the
 * last of them, in the same run: ROUNDS of each in turn, since neighbours on the machine come and go, and the least of
 * each. With TEMPLATES (the folder conf/templates) the same once more with what ships: two forms, HTML and text, and
 * mails many times as long. The server is a process of its own, on loopback. */
#define PEOPLE 200
#include "../unit/courier_fixture.h"

#include "channel/smtp/mail.h"
#include "text/template.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#define CRITICAL 100
#define ROUNDS 5
#define PATIENCE 120 /* seconds, then it says what it has */
#define HANGS "p-0@"
#define DEAD "p-1@"
#define MAIL_MOST (1u << 20)

/* ---- the server: a thread a connection ---- */

static struct seen {
	atomic_ulong mails, critical;
	pthread_mutex_t lock;
	size_t length; /* of the last mail, without what keeps a dot from ending it */
	char last[MAIL_MOST];
} *seen; /* shared */

static bool read_line(FILE *in, char *line, size_t room)
{
	return fgets(line, (int)room, in) != NULL;
}

static void say(FILE *out, const char *words)
{
	(void)fprintf(out, "%s\r\n", words);
	(void)fflush(out);
}

static void take_body(FILE *in)
{
	char line[4096];
	struct buffer mail = {0};
	bool critical = false;
	while (read_line(in, line, sizeof line) && strcmp(line, ".\r\n") != 0) {
		critical |= strncmp(line, "Subject:", 8) == 0 && strstr(line, "Critical");
		buffer_string(&mail, line + (line[0] == '.'));
	}
	if (mail.length <= MAIL_MOST) {
		(void)pthread_mutex_lock(&seen->lock);
		seen->length = mail.length;
		memcpy(seen->last, mail.at, mail.length);
		(void)pthread_mutex_unlock(&seen->lock);
	}
	buffer_free(&mail);
	atomic_fetch_add(&seen->mails, 1);
	if (critical)
		atomic_fetch_add(&seen->critical, 1);
}

static void *converse(void *argument)
{
	int one = (int)(intptr_t)argument;
	char line[4096];
	FILE *in = fdopen(one, "r"), *out = fdopen(dup(one), "w");
	say(out, "220 bench.example ESMTP");
	while (read_line(in, line, sizeof line)) {
		if (strncmp(line, "RCPT", 4) == 0 && strstr(line, HANGS))
			(void)sleep(PATIENCE);
		if (strncmp(line, "RCPT", 4) == 0 && strstr(line, DEAD)) {
			say(out, "550 5.1.1 no such user");
		} else if (strncmp(line, "DATA", 4) == 0) {
			say(out, "354 go on");
			take_body(in);
			say(out, "250 2.0.0 taken");
		} else {
			say(out, "250 ok");
		}
		if (strncmp(line, "QUIT", 4) == 0)
			break;
	}
	(void)fclose(in);
	(void)fclose(out);
	return NULL;
}

static int serve(pid_t *server)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof at;
	int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
	if (bind(listening, (struct sockaddr *)&at, sizeof at) != 0 || listen(listening, 128) != 0 ||
	    getsockname(listening, (struct sockaddr *)&at, &length) != 0)
		exit(1);
	*server = fork();
	if (*server) {
		(void)close(listening);
		return ntohs(at.sin_port);
	}
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)prctl(PR_SET_NAME, "server");
	(void)signal(SIGPIPE, SIG_IGN);
	for (int one; (one = accept(listening, NULL, NULL)) >= 0;) {
		pthread_t thread;
		(void)setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
		if (pthread_create(&thread, NULL, converse, (void *)(intptr_t)one) == 0)
			(void)pthread_detach(thread);
	}
	_exit(0);
}

/* ---- measuring ---- */

/* By which a profile tells apart what the loop, the lines, the bare loop and the server take. */
static void call_thread(const char *name)
{
	(void)prctl(PR_SET_NAME, name);
}

static double seconds(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu_seconds(void)
{
	struct rusage used;
	(void)getrusage(RUSAGE_SELF, &used);
	return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
	       (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

/* ---- the courier ---- */

static struct loop *loop;
static struct mail_settings mail;
static struct template_set *templates; /* NULL: in plain words */

static void start_courier(struct bench *bench)
{
	struct fault *fault;
	bench->channel = (struct courier_channel){&channel_mail, &mail, 4};
	struct courier_settings settings = {.store = bench->store, .ops = bench->ops, .loop = loop,
	                                    .clock = &bench->clock, .directory = &bench->directory,
	                                    .rules = bench->rules,
	                                    .calendar = bench->calendar, .channels = &bench->channel,
	                                    .channel_count = 1, .context = bench, .nobody = bench_nobody,
	                                    .render = templates ? message_render : NULL, .templates = templates};
	OK(courier_new(&settings, &bench->courier, fault));
}

static struct bench *world(int port)
{
	struct fault fault = {""};
	struct bench *bench = bench_begin("2026-02-05T10:00:00Z", 1);
	courier_free(bench->courier);
	directory_make_index(&bench->directory); /* as one that is read has it */
	bench->clock = clock_real();
	bench->hands.now = clock_now(&bench->clock);
	loop = loop_new(&bench->clock, &fault);
	mail = (struct mail_settings){.server = {.host = "127.0.0.1", .port = port, .security = SMTP_PLAIN,
	                                         .hello = "casewatch.example", .timeout_ms = 10000},
	                              .from = "casewatch@council.example", .from_name = "casewatch",
	                              .domain = "casewatch.example"};
	call_thread("lines"); /* threads are called what the one is called that starts them */
	start_courier(bench);
	call_thread("courier");
	return bench;
}

static void end_world(struct bench *bench)
{
	courier_free(bench->courier);
	bench->courier = NULL;
	directory_drop_index(&bench->directory);
	bench_end(bench);
	loop_free(loop);
}

static void add_alerts(struct bench *bench, size_t count, bool critical, int first_person)
{
	struct fault *fault;
	char role[40];
	int64_t id;
	OK(store_begin(bench->store, fault));
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(role, sizeof role, "p-%d", first_person + (int)i % (PEOPLE - first_person));
		struct outbox_row row = row_of(bench, new_alert(bench, critical), role, critical);
		OK(outbox_add(bench->store, &row, &id, fault));
	}
	OK(store_commit(bench->store, fault));
	courier_wake(bench->courier);
}

static void run_until(atomic_ulong *figure, unsigned long wanted)
{
	double until = seconds() + PATIENCE;
	while (atomic_load(figure) < wanted && seconds() < until)
		loop_turn(loop, 2);
}

/* What one message took, of the processor and of the wall clock. */
struct cost {
	double cpu, wall;
};

static double storm(int port, size_t alerts)
{
	struct bench *bench = world(port);
	double began = seconds();
	add_alerts(bench, alerts, false, 0);
	add_alerts(bench, CRITICAL, true, 2);
	run_until(&seen->critical, CRITICAL);
	double took = seconds() - began;
	end_world(bench);
	return took;
}

static struct cost each_by_courier(int port, size_t messages)
{
	struct bench *bench = world(port);
	add_alerts(bench, messages, true, 2);
	unsigned long before = atomic_load(&seen->critical);
	double began = cpu_seconds(), from = seconds();
	run_until(&seen->critical, before + messages);
	struct cost cost = {(cpu_seconds() - began) / (double)messages, (seconds() - from) / (double)messages};
	end_world(bench);
	return cost;
}

/* ---- a bare loop ---- */

struct reading {
	const char *at;
	size_t left;
};

static size_t read_mail(char *to, size_t size, size_t count, void *argument)
{
	struct reading *reading = argument;
	size_t length = size * count < reading->left ? size * count : reading->left;
	memcpy(to, reading->at, length);
	reading->at += length;
	reading->left -= length;
	return length;
}

static struct cost each_by_curl(int port, size_t messages, size_t *length)
{
	(void)pthread_mutex_lock(&seen->lock);
	char url[64], *text = mem_copy_text(seen->last, seen->length);
	*length = seen->length;
	(void)pthread_mutex_unlock(&seen->lock);
	(void)snprintf(url, sizeof url, "smtp://127.0.0.1:%d", port);
	CURL *curl = curl_easy_init();
	struct curl_slist *to = curl_slist_append(NULL, "p-2@council.example");
	struct reading reading;
	(void)curl_easy_setopt(curl, CURLOPT_URL, url);
	(void)curl_easy_setopt(curl, CURLOPT_MAIL_FROM, "casewatch@council.example");
	(void)curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
	(void)curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_mail);
	(void)curl_easy_setopt(curl, CURLOPT_READDATA, &reading);
	call_thread("bare");
	double began = cpu_seconds(), from = seconds();
	for (size_t i = 0; i < messages; i++) {
		reading = (struct reading){text, *length};
		if (curl_easy_perform(curl) != CURLE_OK)
			exit(1);
	}
	struct cost cost = {(cpu_seconds() - began) / (double)messages, (seconds() - from) / (double)messages};
	curl_slist_free_all(to);
	curl_easy_cleanup(curl);
	free(text);
	return cost;
}

static void keep_least(struct cost *least, struct cost one)
{
	least->cpu = least->cpu == 0 || one.cpu < least->cpu ? one.cpu : least->cpu;
	least->wall = least->wall == 0 || one.wall < least->wall ? one.wall : least->wall;
}

/* Of each mail; `length`: its bytes. */
static void measure(int port, size_t messages, struct cost *courier, struct cost *curl, size_t *length)
{
	for (int round = 0; round < ROUNDS; round++) {
		keep_least(courier, each_by_courier(port, messages / ROUNDS));
		keep_least(curl, each_by_curl(port, messages / ROUNDS, length));
	}
}

static void print_costs(const char *of, size_t length, struct cost courier, struct cost curl)
{
	(void)printf(",\"%sbytes\":%zu,\"%scourier_us\":%.0f,\"%scurl_us\":%.0f,\"%scpu_ratio\":%.2f", of, length,
	             of, courier.cpu * 1e6, of, curl.cpu * 1e6, of, curl.cpu / courier.cpu);
	(void)printf(",\"%scourier_wall_us\":%.0f,\"%scurl_wall_us\":%.0f,\"%swall_ratio\":%.2f", of,
	             courier.wall * 1e6, of, curl.wall * 1e6, of, curl.wall / courier.wall);
}

int main(int count, char **words)
{
	pid_t server;
	struct cost courier = {0}, curl = {0};
	size_t length = 0;
	if (count != 3 && count != 4)
		return 2;
	size_t alerts = strtoull(words[1], NULL, 10), messages = strtoull(words[2], NULL, 10);
	seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_t shared;
	(void)pthread_mutexattr_init(&shared);
	(void)pthread_mutexattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
	(void)pthread_mutex_init(&seen->lock, &shared);
	int port = serve(&server);
	(void)signal(SIGPIPE, SIG_IGN);
	schema_start();
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
	double last = storm(port, alerts);
	unsigned long taken = atomic_load(&seen->critical);
	measure(port, messages, &courier, &curl, &length);
	(void)printf("{\"alerts\":%zu,\"critical\":%lu,\"last_critical_s\":%.2f", alerts, taken, last);
	print_costs("", length, courier, curl);
	if (count == 4) {
		struct fault fault = {""};
		templates = template_load(words[3], &fault);
		courier = curl = (struct cost){0};
		measure(port, messages, &courier, &curl, &length);
		print_costs("templated_", length, courier, curl);
		template_free(templates);
	}
	(void)printf("}\n");
	(void)kill(server, SIGKILL);
	(void)waitpid(server, NULL, 0);
	return 0;
}
