/* Each option of casewatchd.yaml that is wrong says where, and what would be right. */
#include "config_fixture.h"

struct wrong_option {
	const char *name;     /* of the option */
	const char *bytes;    /* after WHOLE, unless it has the whole file */
	bool whole;
	const char *expected; /* after "@/casewatchd.yaml:" */
};

static const struct wrong_option wrong_options[] = {
	{"council", "council: [Example]\ndatabase: x.db\n", true,
         "1:10: council is a list; write text of at most 100 characters on one line"},
	{"council", "council: \"A\\nB\"\ndatabase: x.db\n", true,
         "1:10: council is \"A B\"; write text of at most 100 characters on one line"},
	{"council", "database: x.db\n", true,
         "1:1: council is missing; write text of at most 100 characters on one line"},
	{"database", "council: A\ndatabase: {}\n", true,
         "2:11: database is a mapping; write a path; a relative one is relative to this file"},
	{"database", "council: A\ndatabase:\n", true,
         "2:10: database is empty; write a path; a relative one is relative to this file"},
	{"database", "council: A\n", true,
         "1:1: database is missing; write a path; a relative one is relative to this file"},
	{"rules", "rules: [a, b]\n", false,
         "3:8: rules is a list; write a path; a relative one is relative to this file"},
	{"directory", "directory: \"\"\n", false,
         "3:12: directory is \"\"; write a path; a relative one is relative to this file"},
	{"templates", "templates: {a: b}\n", false,
         "3:12: templates is a mapping; write a path; a relative one is relative to this file"},
	{"follow", "follow: maybe\n", false, "3:9: follow is \"maybe\"; write no or yes"},
	{"go-live", "go-live:\n", false, "3:9: go-live is empty; give it a value or remove it"},
	{"dead-man.url", "dead-man: {url: ~}\n", false, "3:17: dead-man.url is empty; give it a value or remove it"},
	{"go-live", "go-live: 2026-04-01\n", false,
         "3:10: go-live is \"2026-04-01\"; write a time such as 2026-04-01T00:00:00+01:00"},
	{"answer-url", "answer-url: http://casewatch.example/a/\n", false,
         "3:13: answer-url is \"http://casewatch.example/a/\"; write an address of at most 42 characters that begins "
         "with https://"},
	{"answer-url", "answer-url: 'https://a b'\n", false,
         "3:13: answer-url is \"https://a b\"; write an address of at most 42 characters that begins with https://"},
	{"answer-url", "answer-url: https://casewatch.childrens.council.example/a/\n", false,
         "3:13: answer-url is \"https://casewatch.childrens.council.example/a/\"; write an address of at most 42 "
         "characters that begins with https://"},
	{"answer-url",
         "answer-url: https://casewatch.example/\nspool: s\nweb: {socket: w, link-key-file: "
         "credential:k}\n",
         false, "3:13: answer-url must end in /a/, below which the pages answer"},
	{"answer-url", "answer-url: https://casewatch.example/a/\nspool: s\nweb: {socket: w}\n", false,
         "3:13: answer-url needs a key that signs its links; write web.link-key-file"},
	{"answer-url", "answer-url: https://casewatch.example/a/\nweb: {link-key-file: credential:k}\n", false,
         "3:13: answer-url without pages; write web.socket (docs/web.md)"},
	{"answer-sources",
         "answer-url: https://casewatch.example/a/\nspool: s\nanswer-sources: /casewatch/tool\n"
         "web: {socket: w, link-key-file: credential:k}\n",
         false,
         "5:17: answer-sources leaves out /casewatch/page, so what people answer by their links would have no effect; "
         "add it"},
	{"web.socket", "web: {socket: [a]}\n", false,
         "3:15: web.socket is a list; write a path; a relative one is relative to this file"},
	{"web.socket", "web: {socket: web.sock}\n", false,
         "3:15: the pages hand answers in through the spool directory; write spool"},
	{"web.listen", "spool: s\nweb: {listen: ''}\n", false,
         "4:15: web.listen is \"\"; write text of at most 60 characters on one line"},
	{"web.listen", "spool: s\nweb: {listen: '0.0.0.0:8080'}\n", false,
         "4:15: web.listen is no address of this machine alone; write 127.0.0.1:PORT, or web.beyond-this-machine: yes"},
	{"web.listen", "spool: s\nweb: {listen: '[2001:db8::1]:8080'}\n", false,
         "4:15: web.listen is no address of this machine alone; write 127.0.0.1:PORT, or web.beyond-this-machine: yes"},
	{"web.beyond-this-machine", "web: {beyond-this-machine: maybe}\n", false,
         "3:28: web.beyond-this-machine is \"maybe\"; write no or yes"},
	{"web.user-header", "web: {user-header: 'X User'}\n", false,
         "3:20: web.user-header is \"X User\"; write 1 to 60 letters, digits, dots, hyphens and underscores"},
	{"web.listen", "spool: s\nweb: {listen: 'localhost:8080'}\n", false,
         "4:15: web.listen is \"localhost:8080\"; write an address and a port such as 127.0.0.1:8080"},
	{"web.listen", "spool: s\nweb: {listen: '[::1]:65536'}\n", false,
         "4:15: web.listen is \"[::1]:65536\"; write an address and a port such as 127.0.0.1:8080"},
	{"web.user-header", "spool: s\nweb: {listen: '127.0.0.1:80', user-header: X-User}\n", false,
         "4:44: web.user-header counts on web.socket alone; write web.socket, or remove it"},
	{"web.link-key-file", "web: {link-key-file: no-such}\n", false,
         "3:22: web.link-key-file: \"@/no-such\" cannot be opened: No such file or directory; write the file's path"},
	{"http-intake.socket", "http-intake: {socket: [a]}\n", false,
         "3:23: http-intake.socket is a list; write a path; a relative one is relative to this file"},
	{"http-intake.listen", "http-intake: {listen: '127.0.0.1:8181'}\n", false,
         "3:23: whoever reaches http-intake.listen could send events: write http-intake.token-file"},
	{"http-intake.listen", "http-intake: {listen: '0.0.0.0:81', token-file: credential:t}\n", false,
         "3:23: http-intake.listen is no address of this machine alone; write 127.0.0.1:PORT, or "
         "http-intake.beyond-this-machine: yes"},
	{"http-intake.beyond-this-machine", "http-intake: {beyond-this-machine: maybe}\n", false,
         "3:36: http-intake.beyond-this-machine is \"maybe\"; write no or yes"},
	{"http-intake.token-file", "http-intake: {token-file: credential:t}\n", false,
         "3:27: http-intake.token-file without http-intake.socket or http-intake.listen; write one of them, or "
         "remove it"},
	{"http-intake.body-kilobytes", "http-intake: {body-kilobytes: 1}\n", false,
         "3:31: http-intake.body-kilobytes is \"1\"; write a whole number from 64 to 16384"},
	{"metrics.listen", "metrics: {listen: 127.0.0.1}\n", false,
         "3:19: metrics.listen is \"127.0.0.1\"; write an address and a port such as 127.0.0.1:8080"},
	{"metrics.listen", "metrics: {listen: '127.0.0.1:0x1'}\n", false,
         "3:19: metrics.listen is \"127.0.0.1:0x1\"; write an address and a port such as 127.0.0.1:8080"},
	{"metrics.listen", "metrics: {listen: '[2001:db8::1]:9464'}\n", false,
         "3:19: metrics.listen is no address of this machine alone; write 127.0.0.1:PORT, or "
         "metrics.beyond-this-machine: yes"},
	{"cell.machine", "cell: {machine: amber, council: c, journal: j, key-file: credential:k}\n", false,
         "3:17: the machines of a cell are told the same by a log: write kafka.topics and the brokers in "
         "kafka.properties"},
	{"cell.machine",
         "kafka: {topics: [e], properties: {bootstrap.servers: 'b:9092'}}\n"
         "cell: {machine: amber, council: c, journal: j, key-file: credential:k}\n",
         false,
         "4:17: the machines of a cell read one partition, each all of it: write kafka.partitions, such as [0], and "
         "kafka.sources"},
	{"kafka.topics",
         "kafka: {topics: [e, f], partitions: [0], sources: [/], properties: {bootstrap.servers: 'b:9092'}}\n"
         "cell: {machine: amber, council: c, journal: j, key-file: credential:k}\n",
         false,
         "3:17: in a cell (cell.machine) a council has one topic: the machines would read two in different orders; "
         "write one"},
	{"kafka.partitions",
         "kafka: {topics: [e], partitions: [0, 1], sources: [/], properties: {bootstrap.servers: 'b:9092'}}\n"
         "cell: {machine: amber, council: c, journal: j, key-file: credential:k}\n",
         false,
         "3:34: in a cell (cell.machine) a council has one partition: the machines would read two in different "
         "orders; write one"},
	{"cell.council", "cell: {council: ashford}\n", false,
         "3:17: cell.council without cell.machine; write this machine's name, or remove it"},
	{"cell.journal", "cell: {journal: 'two words'}\n", false,
         "3:17: cell.journal is \"two words\"; write 1 to 200 letters, digits, dots, hyphens and underscores"},
	{"cell.partition", "cell: {partition: 1024}\n", false,
         "3:19: cell.partition is \"1024\"; write a whole number from 0 to 1023"},
	{"cell.group", "cell: {group: [a]}\n", false,
         "3:15: cell.group is a list; write 1 to 180 letters, digits, dots, hyphens and underscores"},
	{"cell.machines", "cell: {machines: 17}\n", false,
         "3:18: cell.machines is \"17\"; write a whole number from 1 to 16"},
	{"cell.edition-seconds", "cell: {edition-seconds: 0}\n", false,
         "3:25: cell.edition-seconds is \"0\"; write a whole number from 1 to 86400"},
	{"cell.one-broker", "cell: {one-broker: perhaps}\n", false,
         "3:20: cell.one-broker is \"perhaps\"; write no or yes"},
	{"cell.key-file", "cell: {key-file: credential:k}\n", false,
         "3:18: cell.key-file without cell.machine; write this machine's name, or remove it"},
	{"metrics.beyond-this-machine", "metrics: {beyond-this-machine: 1}\n", false,
         "3:32: metrics.beyond-this-machine is \"1\"; write no or yes"},
	{"log.level", "log: {level: loud}\n", false,
         "3:14: log.level is \"loud\"; write error, warning, notice, info or debug"},
	{"calendar.file", "calendar:\n  file: no-such.json\n", false,
         "4:9: calendar.file: \"@/no-such.json\" cannot be read: No such file or directory; write the file's path"},
	{"calendar.zone", "calendar: {zone: 'Europe London'}\n", false,
         "3:18: calendar.zone is \"Europe London\"; write a zone of the tz database, such as Europe/London"},
	{"hours.from", "hours:\n  from: 8\n", false,
         "4:9: hours.from is \"8\"; write a time of day from \"00:00\" to \"23:59\""},
	{"hours.until", "hours: {until: \"25:00\"}\n", false,
         "3:16: hours.until is \"25:00\"; write a time of day from \"00:01\" to \"24:00\""},
	{"hours.until", "hours: {from: \"17:00\", until: \"08:00\"}\n", false,
         "3:31: hours.until must be later than hours.from"},
	{"events.type-prefix", "events:\n  type-prefix: uk.gov\n", false,
         "4:16: events.type-prefix is \"uk.gov\"; write at most 128 letters, digits, hyphens and dots, with a dot at "
         "the "
         "end"},
	{"events.bytes", "events: {bytes: 1000}\n", false,
         "3:17: events.bytes is \"1000\"; write a whole number from 65536 to 16777216"},
	{"events.depth", "events: {depth: 1000}\n", false,
         "3:17: events.depth is \"1000\"; write a whole number from 4 to 128"},
	{"limits.batch-events", "limits: {batch-events: 0}\n", false,
         "3:24: limits.batch-events is \"0\"; write a whole number from 1 to 100000"},
	{"limits.batch-kilobytes", "limits: {batch-kilobytes: 1}\n", false,
         "3:27: limits.batch-kilobytes is \"1\"; write a whole number from 64 to 65536"},
	{"limits.batch-milliseconds", "limits: {batch-milliseconds: -1}\n", false,
         "3:30: limits.batch-milliseconds is \"-1\"; write a whole number from 0 to 1000"},
	{"limits.ring-batches", "limits: {ring-batches: 4.5}\n", false,
         "3:24: limits.ring-batches is \"4.5\"; write a whole number from 1 to 64"},
	{"limits.prefetch-kilobytes", "limits: {prefetch-kilobytes: 99999999999999999999}\n", false,
         "3:30: limits.prefetch-kilobytes is \"99999999999999999999\"; write a whole number from 1024 to 1048576"},
	{"limits.cache-megabytes", "limits: {cache-megabytes: '128'}\n", false,
         "3:27: limits.cache-megabytes is \"128\"; write a whole number from 8 to 65536"},
	{"ladder.step-after.critical", "ladder: {step-after: {critical: soon}}\n", false,
         "3:33: ladder.step-after.critical is \"soon\"; " DURATIONS},
	{"ladder.step-after.high", "ladder: {step-after: {high: 0 days}}\n", false,
         "3:29: ladder.step-after.high is \"0 days\"; " DURATIONS},
	{"ladder.step-after.normal", "ladder: {step-after: {normal: 1 year}}\n", false,
         "3:31: ladder.step-after.normal is \"1 year\"; " DURATIONS},
	{"ladder.review-after.critical", "ladder: {review-after: {critical: 12}}\n", false,
         "3:35: ladder.review-after.critical is \"12\"; " DURATIONS},
	{"ladder.review-after.high", "ladder: {review-after: {high: []}}\n", false,
         "3:31: ladder.review-after.high is a list; " DURATIONS},
	{"ladder.review-after.normal", "ladder: {review-after: {normal: 2000 days}}\n", false,
         "3:33: ladder.review-after.normal is \"2000 days\"; " DURATIONS},
	{"ladder.ask-again.critical", "ladder: {ask-again: {critical: half an hour}}\n", false,
         "3:32: ladder.ask-again.critical is \"half an hour\"; " DURATIONS},
	{"ladder.ask-again.high", "ladder: {ask-again: {high: 1d}}\n", false,
         "3:28: ladder.ask-again.high is \"1d\"; " DURATIONS},
	{"ladder.ask-again.normal", "ladder: {ask-again: {normal: -1 week}}\n", false,
         "3:30: ladder.ask-again.normal is \"-1 week\"; " DURATIONS},
	{"ladder.old-after.critical", "ladder: {old-after: {critical: never}}\n", false,
         "3:32: ladder.old-after.critical is \"never\"; " DURATIONS},
	{"ladder.old-after.high", "ladder: {old-after: {high: true}}\n", false,
         "3:28: ladder.old-after.high is \"true\"; " DURATIONS},
	{"ladder.old-after.normal", "ladder: {old-after: {normal: 7 dais}}\n", false,
         "3:30: ladder.old-after.normal is \"7 dais\"; " DURATIONS},
	{"kafka.topics", "kafka:\n  topics: [events, 'a b', events]\n", false,
         "4:20: kafka.topics has \"a b\"; write a topic's name: 1 to 249 letters, digits, dots, hyphens and "
         "underscores\n"
         "@/casewatchd.yaml:4:27: kafka.topics has \"events\" twice; keep one\n"
         "@/casewatchd.yaml:4:11: kafka.topics needs the broker's address; write bootstrap.servers in "
         "kafka.properties"},
	{"kafka.topics", "kafka: {topics: {a: b}}\n", false,
         "3:17: kafka.topics is a mapping; write a list of at most 64 topic names"},
	{"kafka.partitions", "kafka: {partitions: {a: b}}\n", false,
         "3:21: kafka.partitions is a mapping; write a list of at most 64 numbers of partitions, from 0"},
	{"kafka.sources", "kafka: {sources: {a: b}}\n", false,
         "3:18: kafka.sources is a mapping; write a list of at most 64 sources, such as /north/"},
	{"kafka.group", "kafka: {group: a group}\n", false,
         "3:16: kafka.group is \"a group\"; write 1 to 200 letters, digits, dots, hyphens and underscores"},
	{"kafka.instance", "kafka: {instance: [one, two]}\n", false,
         "3:19: kafka.instance is a list; write 1 to 200 letters, digits, dots, hyphens and underscores"},
	{"kafka.first-read", "kafka: {first-read: earlist}\n", false,
         "3:21: kafka.first-read is \"earlist\"; write earliest or latest; did you mean \"earliest\"?"},
	{"kafka.lost-position", "kafka: {lost-position: latest}\n", false,
         "3:24: kafka.lost-position is \"latest\"; write stop or earliest"},
	{"kafka.password-file", "kafka: {password-file: open-secret}\n", false,
         "3:24: kafka.password-file: \"@/open-secret\" is open to others (mode 0644); chmod it to 0600, or 0640 with "
         "casewatch's group"},
	{"kafka.properties", "kafka: {properties: bootstrap}\n", false,
         "3:21: kafka.properties is text; write a mapping of librdkafka's names to values"},
	{"kafka.properties", "kafka: {properties: {client.id: x}}\n", false,
         "3:21: kafka.properties without kafka.topics; write the topics to read, or remove both"},
	{"answer-sources", "answer-sources: [a]\n", false,
         "3:17: answer-sources is a list; write text of at most 2000 characters on one line"},
	{"spool", "spool: [a]\n", false, "3:8: spool is a list; write a path; a relative one is relative to this file"},
	{"smtp.host", "smtp: {host: 'mail example'}\n", false,
         "3:14: smtp.host is \"mail example\"; write a host name or an address such as mail.example.org"},
	{"smtp.host", "smtp: {host: mail.example.org}\n", false,
         "3:14: smtp.host needs an address that messages come from; write smtp.from"},
	{"smtp.port", "smtp: {port: 70000}\n", false,
         "3:14: smtp.port is \"70000\"; write a whole number from 1 to 65535"},
	{"smtp.tls", "smtp: {tls: ssl}\n", false, "3:13: smtp.tls is \"ssl\"; write none, starttls or tls"},
	{"smtp.tls", "smtp: {host: mail.example.org, from: a@example.org, tls: none}\n", false,
         "3:58: smtp.tls is none, so mail about children would cross the network in clear; write starttls or tls (none "
         "is "
         "for a server on this machine)"},
	{"smtp.tls", "smtp: {host: mail.example.org, from: a@example.org, tls: none, user: u, password-file: secret}\n",
         false, "3:58: smtp.tls is none, so the password would cross the network in clear; write starttls or tls"},
	{"smtp.ca-file", "smtp: {ca-file: no-such.pem}\n", false,
         "3:17: smtp.ca-file: \"@/no-such.pem\" cannot be opened: No such file or directory; write the path of a PEM "
         "file"},
	{"smtp.ca-file", "smtp: {host: localhost, from: a@example.org, tls: none, ca-file: ca.pem}\n", false,
         "3:66: smtp.ca-file without TLS; write smtp.tls: starttls or tls"},
	{"smtp.user", "smtp: {user: \"a\\tb\"}\n", false,
         "3:14: smtp.user is \"a b\"; write text of at most 200 characters on one line"},
	{"smtp.user", "smtp: {host: localhost, from: a@example.org, user: u}\n", false,
         "3:52: smtp.user without a password; write smtp.password-file"},
	{"smtp.password-file", "smtp: {password-file: empty-secret}\n", false,
         "3:23: smtp.password-file: \"@/empty-secret\" is empty; write the password on its first line"},
	{"smtp.password-file", "smtp: {password-file: no-such}\n", false,
         "3:23: smtp.password-file: \"@/no-such\" cannot be opened: No such file or directory; write the file's path"},
	{"smtp.password-file", "smtp: {host: localhost, from: a@example.org, password-file: secret}\n", false,
         "3:61: smtp.password-file without a user; write smtp.user"},
	{"smtp.from", "smtp: {from: 'Casewatch <a@example.org>'}\n", false,
         "3:14: smtp.from is \"Casewatch <a@example.org>\"; write one mail address such as casewatch@example.org"},
	{"smtp.from-name", "smtp: {from-name: \"a\\r\\nBcc: b\"}\n", true,
         "1:19: a control character in a value; remove it"},
	{"smtp.from-name", "smtp: {from-name: {}}\n", false,
         "3:19: smtp.from-name is a mapping; write text of at most 60 characters on one line"},
	{"smtp.domain", "smtp: {domain: example..org}\n", false,
         "3:16: smtp.domain is \"example..org\"; write a host name or an address such as mail.example.org"},
	{"smtp.relays", "smtp: {relays: mail2.example.org}\n", false,
         "3:16: smtp.relays without smtp.host, which is tried first; write smtp.host"},
	{"smtp.relays", "smtp: {host: localhost, from: a@example.org, relays: 'm1.example.org m2.example.org:70000'}\n",
         false,
         "3:54: smtp.relays has what is neither HOST nor HOST:PORT, or more than 3 servers; write such as "
         "mail2.example.org "
         "mail3.example.org:2525"},
	{"smtp.relays", "smtp: {host: localhost, from: a@example.org, relays: 'a:1 b:2 c:3 d:4'}\n", false,
         "3:54: smtp.relays has what is neither HOST nor HOST:PORT, or more than 3 servers; write such as "
         "mail2.example.org "
         "mail3.example.org:2525"},
	{"smtp.relays", "smtp: {host: localhost, from: a@example.org, tls: none, relays: mail2.example.org}\n", false,
         "3:65: smtp.tls is none, so mail about children would cross the network in clear; write starttls or tls"},
	{"smtp.bounces", "smtp: {bounces: [a]}\n", false,
         "3:17: smtp.bounces is a list; write a path; a relative one is relative to this file"},
	{"smtp.bounce-address",
         "smtp: {bounces: b, bounce-key-file: key, bounce-address: casewatch-bouncers@example.org}\n", false,
         "3:58: smtp.bounce-address has more than 17 characters before the @: with the number of a message it would be "
         "longer than an address may be"},
	{"smtp.bounce-address", "smtp: {bounces: b, bounce-address: bounce@example.org}\n", false,
         "3:36: smtp.bounce-address needs a key, so that nobody can forge such an address; write smtp.bounce-key-file"},
	{"smtp.bounce-address", "smtp: {bounce-key-file: key, bounce-address: bounce@example.org}\n", false,
         "3:46: smtp.bounce-address and nobody looks at what comes there; write smtp.bounces"},
	{"smtp.bounce-key-file", "smtp: {bounce-key-file: key}\n", false,
         "3:25: smtp.bounce-key-file without an address to sign; write smtp.bounce-address"},
	{"smtp.bounce-key-file", "smtp: {bounces: b, bounce-address: bounce@example.org, bounce-key-file: secret}\n",
         false,
         "3:73: smtp.bounce-key-file: the first line of the file has 13 characters; write 16 to 512, such as openssl "
         "rand "
         "-hex 32 makes"},
	{"smtp.timeout-milliseconds", "smtp: {timeout-milliseconds: 10}\n", false,
         "3:30: smtp.timeout-milliseconds is \"10\"; write a whole number from 1000 to 300000"},
	{"smtp.threads", "smtp: {threads: 100}\n", false,
         "3:17: smtp.threads is \"100\"; write a whole number from 1 to 16"},
	{"webhook.secret-file", "webhook: {secret-file: no-such}\n", false,
         "3:24: webhook.secret-file: \"@/no-such\" cannot be opened: No such file or directory; write the file's path"},
	{"webhook.ca-file", "webhook: {ca-file: [a]}\n", false,
         "3:20: webhook.ca-file is a list; write a path; a relative one is relative to this file"},
	{"webhook.inside", "webhook: {inside: maybe}\n", false, "3:19: webhook.inside is \"maybe\"; write no or yes"},
	{"webhook.timeout-milliseconds", "webhook: {timeout-milliseconds: 1}\n", false,
         "3:33: webhook.timeout-milliseconds is \"1\"; write a whole number from 1000 to 300000"},
	{"webhook.threads", "webhook: {threads: 0}\n", false,
         "3:20: webhook.threads is \"0\"; write a whole number from 1 to 16"},
	{"notify.key-file", "notify: {key-file: secret}\n", false,
         "3:20: notify.key-file needs the text to be sent; write notify.text-template"},
	{"notify.text-template", "notify: {text-template: 0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d}\n", false,
         "3:25: notify.text-template without a key; write notify.key-file"},
	{"notify.email-template", "notify: {email-template: 0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d}\n", false,
         "3:26: notify.email-template without a key; write notify.key-file"},
	{"notify.email-template",
         "smtp: {host: localhost, from: a@example.org}\n"
         "notify: {key-file: secret, email-template: 0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d}\n",
         false, "4:44: notify.email-template beside smtp.host: email goes by one of them; remove the other"},
	{"notify.reply-to", "notify: {reply-to: [a]}\n", false,
         "3:20: notify.reply-to is a list; write 1 to 36 letters, digits, dots, hyphens and underscores"},
	{"notify.callback-token-file", "notify: {callback-token-file: key}\n", false,
         "3:31: notify.callback-token-file without a key; write notify.key-file"},
	{"notify.texts-an-hour", "notify: {texts-an-hour: 0}\n", false,
         "3:25: notify.texts-an-hour is \"0\"; write a whole number from 1 to 1000"},
	{"notify.same-texts-an-hour", "notify: {same-texts-an-hour: 1001}\n", false,
         "3:30: notify.same-texts-an-hour is \"1001\"; write a whole number from 1 to 1000"},
	{"notify.sender", "notify: {sender: [a]}\n", false,
         "3:18: notify.sender is a list; write 1 to 36 letters, digits, dots, hyphens and underscores"},
	{"notify.url", "notify: {url: 'http://example.org'}\n", false,
         "3:15: notify.url is \"http://example.org\"; write an address of at most 200 characters that begins with "
         "https://"},
	{"notify.ca-file", "notify: {ca-file: [a]}\n", false,
         "3:19: notify.ca-file is a list; write a path; a relative one is relative to this file"},
	{"notify.timeout-milliseconds", "notify: {timeout-milliseconds: 1}\n", false,
         "3:32: notify.timeout-milliseconds is \"1\"; write a whole number from 1000 to 300000"},
	{"notify.threads", "notify: {threads: 0}\n", false,
         "3:19: notify.threads is \"0\"; write a whole number from 1 to 16"},
	{"retention.child-years", "retention: {child-years: 101}\n", false,
         "3:26: retention.child-years is \"101\"; write a whole number from 0 to 100"},
	{"retention.audit-years", "retention: {audit-years: six}\n", false,
         "3:26: retention.audit-years is \"six\"; write a whole number from 0 to 100"},
	{"retention.quarantine-days", "retention: {quarantine-days: 0}\n", false,
         "3:30: retention.quarantine-days is \"0\"; write a whole number from 1 to 3650"},
	{"retention.spool-days", "retention: {spool-days: -1}\n", false,
         "3:25: retention.spool-days is \"-1\"; write a whole number from 0 to 3650"},
	{"dead-man.url", "dead-man: {url: 'ftp://example.org'}\n", false,
         "3:17: dead-man.url is \"ftp://example.org\"; write an address of at most 400 characters that begins with "
         "https:// or http://"},
	{"dead-man.seconds", "dead-man: {seconds: 0}\n", false,
         "3:21: dead-man.seconds is \"0\"; write a whole number from 1 to 3600"},
	{"dead-man.ca-file", "dead-man: {ca-file: [a]}\n", false,
         "3:21: dead-man.ca-file is a list; write a path; a relative one is relative to this file"},
	{"audit.stamp-url", "audit: {stamp-url: 'ftp://example.org'}\n", false,
         "3:20: audit.stamp-url is \"ftp://example.org\"; write an address of at most 200 characters that begins with "
         "https:// or http://"},
	{"audit.stamp-ca-file", "audit: {stamp-ca-file: [a]}\n", false,
         "3:24: audit.stamp-ca-file is a list; write a path; a relative one is relative to this file"},
	{"lists", "lists: {a: b}\n", false,
         "3:8: lists is a mapping; write a path; a relative one is relative to this file"},
};

static void each_option_says_where_it_is_wrong_and_what_would_be_right(void **state)
{
	(void)state;
	told = NULL;
	for (size_t i = 0; i < sizeof wrong_options / sizeof *wrong_options; i++) {
		const struct wrong_option *wrong = &wrong_options[i];
		struct buffer bytes = {0}, expected = {0};
		buffer_format(&bytes, "%s%s", wrong->whole ? "" : WHOLE, wrong->bytes);
		buffer_format(&expected, "@/casewatchd.yaml:%s", wrong->expected);
		assert_faults(buffer_cstr(&bytes), buffer_cstr(&expected));
		buffer_free(&bytes);
		buffer_free(&expected);
	}
}

static void no_option_is_without_such_a_case(void **state)
{
	(void)state;
	size_t count;
	const struct config_option *options = config_options(&count);
	for (size_t i = 0; i < count; i++) {
		bool found = false;
		for (size_t j = 0; j < sizeof wrong_options / sizeof *wrong_options; j++)
			found = found || strcmp(wrong_options[j].name, options[i].name) == 0;
		if (!found)
			print_error("no case for %s\n", options[i].name);
		assert_true(found);
	}
}

static void unknown_options_come_with_a_guess(void **state)
{
	(void)state;
	assert_faults(WHOLE "smpt: {}\n", "@/casewatchd.yaml:3:1: there is no option \"smpt\"; did you mean \"smtp\"?");
	assert_faults(WHOLE "smtp: {prot: 25}\n",
	              "@/casewatchd.yaml:3:8: there is no option \"smtp.prot\"; did you mean \"port\"?");
	assert_faults(WHOLE "hours: {lunch: \"12:00\"}\n",
	              "@/casewatchd.yaml:3:9: there is no option \"hours.lunch\"; it may be from or until");
	assert_faults(WHOLE "smtp: mail.example.org\n",
	              "@/casewatchd.yaml:3:7: smtp is text; write a mapping of options to values");
}

static void all_faults_are_told_at_once(void **state)
{
	(void)state;
	assert_faults(
		"database: x.db\nsmtp: {port: 0}\nhours: {from: noon}\n",
		"@/casewatchd.yaml:1:1: council is missing; write text of at most 100 characters on one line\n"
		"@/casewatchd.yaml:3:15: hours.from is \"noon\"; write a time of day from \"00:00\" to \"23:59\"\n"
		"@/casewatchd.yaml:2:14: smtp.port is \"0\"; write a whole number from 1 to 65535");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_option_says_where_it_is_wrong_and_what_would_be_right),
		cmocka_unit_test(no_option_is_without_such_a_case),
		cmocka_unit_test(unknown_options_come_with_a_guess),
		cmocka_unit_test(all_faults_are_told_at_once),
	};
	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
