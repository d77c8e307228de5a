"""The subset of CEL in which rules speak: parsed to closures over an environment.

An environment answers: event (or None), born (or None), age, open(state, duration), seen(type), first(type).
What cannot be evaluated raises Unknown; && and || absorb it as CEL's do; a condition that is Unknown as a whole is false.
A field that came and could not be read is absent; in a condition that ends or prevents something (`ends`) even has() of it is
unknown.
"""
import re

TOKEN = re.compile(r'\s*(?:(?P<num>\d+(?:\.\d+)?)|(?P<str>"[^"]*"|\'[^\']*\')|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|'
                   r'(?P<op>&&|\|\||==|!=|<=|>=|[-!<>().,\[\]+*/]))')


class Unknown(Exception):
    pass


UNREAD = object()  # what such a field is, for conditions that end or prevent something


def tokens(text):
    at, out = 0, []
    text = text.strip()
    while at < len(text):
        m = TOKEN.match(text, at)
        if not m:
            raise ValueError(f"{text!r} at {at}")
        out.append((m.lastgroup, m.group(m.lastgroup)))
        at = m.end()
    return out + [("end", "")]


class Parser:
    def __init__(self, text):
        self.left = tokens(text)

    def peek(self):
        return self.left[0][1] if self.left[0][0] in ("op", "name", "end") else None

    def take(self, want=None):
        kind, text = self.left.pop(0)
        if want is not None and text != want:
            raise ValueError(f"expected {want}, found {text}")
        return kind, text

    def either(self):
        sides = [self.both()]
        while self.peek() == "||":
            self.take()
            sides.append(self.both())
        return sides[0] if len(sides) == 1 else (lambda env: absorb(env, sides, True))

    def both(self):
        sides = [self.relation()]
        while self.peek() == "&&":
            self.take()
            sides.append(self.relation())
        return sides[0] if len(sides) == 1 else (lambda env: absorb(env, sides, False))

    def relation(self):
        a = self.unary()
        if self.peek() in ("==", "!=", "<", "<=", ">", ">=", "in"):
            op = self.take()[1]
            b = self.unary()
            return lambda env: compare(op, a(env), b(env))
        return a

    def unary(self):
        if self.peek() == "!":
            self.take()
            a = self.unary()
            return lambda env: not truth(a(env))
        if self.peek() == "-":
            self.take()
            a = self.unary()
            return lambda env: -a(env)
        return self.member()

    def member(self):
        a = self.primary()
        while self.peek() == ".":
            self.take()
            name = self.take()[1]
            if name == "startsWith" and self.peek() == "(":
                self.take("(")
                b = self.either()
                self.take(")")
                a = (lambda x, y: lambda env: known(x(env)).startswith(known(y(env))))(a, b)
            else:
                a = (lambda x, n: lambda env: field(x(env), n))(a, name)
        return a

    def primary(self):
        kind, text = self.take()
        if kind == "num":
            return lambda env: float(text)
        if kind == "str":
            return lambda env: text[1:-1]
        if text == "(":
            a = self.either()
            self.take(")")
            return a
        if text == "[":
            items = []
            while self.peek() != "]":
                items.append(self.either())
                if self.peek() == ",":
                    self.take()
            self.take("]")
            return lambda env: [i(env) for i in items]
        if kind != "name":
            raise ValueError(f"unexpected {text}")
        if self.peek() == "(":
            return self.call(text)
        return {"true": lambda env: True, "false": lambda env: False, "age": lambda env: env.age(),
                "data": lambda env: env.data(), "event": lambda env: env.event_itself(),
                "child": lambda env: env.child()}[text]

    def call(self, name):
        self.take("(")
        arguments = []
        while self.peek() != ")":
            arguments.append(self.either())
            if self.peek() == ",":
                self.take()
        self.take(")")
        if name == "has":
            return lambda env: has(arguments[0], env)
        if name == "size":
            return lambda env: float(len(known(arguments[0](env))))
        return lambda env: getattr(env, name)(*[a(env) for a in arguments])


def has(path, env):
    try:
        return known(path(env)) is not None
    except Unknown:
        return False


class Unread(Exception):
    """What hangs on a field that could not be read, has() of it too."""


def known(value):
    if value is UNREAD:
        raise Unread
    return value


def field(value, name):
    if not isinstance(value, dict) or value.get(name) is None:
        raise Unknown(name)
    return value[name]


def truth(value):
    if not isinstance(value, bool):
        raise Unknown("not a truth value")
    return value


def absorb(env, sides, decisive):
    unknown = None
    for side in sides:
        try:
            if truth(side(env)) == decisive:
                return decisive
        except (Unknown, Unread) as u:
            unknown = u
    if unknown:
        raise unknown
    return not decisive


def compare(op, a, b):
    known(a), known(b)
    if op == "in":
        return a in b
    numbers = isinstance(a, (int, float)) and isinstance(b, (int, float))
    if not numbers and type(a) is not type(b):
        raise Unknown("types")
    return {"==": a == b, "!=": a != b}[op] if op in ("==", "!=") else \
        {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[op]


def parse(text, ends=False):
    parser = Parser(text)
    whole = parser.either()
    parser.take("")

    def holds(env):
        env.ends = ends
        try:
            return truth(whole(env))
        except (Unknown, Unread):
            return False
    holds.text = text
    return holds
