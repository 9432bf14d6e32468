"""One table of broken schema files: the code and the place that each must give, and nothing
else.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from ackord.schema import RULES, load_bytes
from ackord.schema.lint.checks import CHECKS, OF_LANGUAGES
from ackord.schema.lint.settings import LintSettings

HEAD = "ackord: 1\nname: demo\nversion: 1.0.0\n"
LINT = LintSettings(
    reserved_names={
        "Python": {"argument": {"from", "timeout"}, "ack_argument": {"from", "count"}},
        "TypeScript": {"argument": {"delete", "timeout"}},
    }
)


@dataclass(frozen=True)
class Case:
    """A schema file with «marks» around what must be reported, and the codes in order of
    position.
    """

    codes: str
    text: str
    head: str = HEAD
    says: str = ""

    def marked(self) -> tuple[str, list[tuple[int, int, int, int]]]:
        text = ""
        ranges: list[tuple[int, int, int, int]] = []
        line, column = 0, 0
        for character in self.head + self.text:
            at = (text.count("\n") + 1, len(text) - text.rfind("\n"))
            if character == "«":
                line, column = at
            elif character == "»":
                ranges.append((line, column, *at))
            else:
                text += character
        return text, ranges


def types(text: str) -> str:
    return "types:\n" + "".join(f"  {line}\n" for line in text.splitlines())


def fields(text: str) -> str:
    return types("Thing:\n  fields:\n" + "".join(f"    {line}\n" for line in text.splitlines()))


def events(text: str, direction: str = "client_to_server") -> str:
    return f"namespaces:\n  /chat:\n    {direction}:\n" + "".join(
        f"      {line}\n" for line in text.splitlines()
    )


def namespace(text: str) -> str:
    return "namespaces:\n  /chat:\n" + "".join(f"    {line}\n" for line in text.splitlines())


CASES = [
    # YAML
    Case(
        "S004",
        "types:\n  A: {fields: {tags: list«[»str]}}\n",
        says='put the type in quotes: "list[str]"',
    ),
    Case(
        "S004 S004",
        (
            "types:\n  A: {fields: {tags: list«[»str]}}\n  B: int\n  C: {fields: {m: map«[»str, "
            "int]}}\n"
        ),
    ),
    Case("S004", 'types:\n  A: "a" «| "b"»\n', says="put the whole type in quotes"),
    Case("S004", "types:\n«\t»A: int\n", says="spaces"),
    Case("S004", "doc: «@»foo\n", says='put it in quotes: "@foo"'),
    Case("S004", "doc: a«:» b\n", says="put text in quotes"),
    Case("S004", "doc: a«\0»b\n", says="U+0000"),
    Case("S005", "doc: a\n«doc»: b\n", says="second time"),
    Case("S005", events("join: {ack: int}\n«join»: {ack: bool}")),
    Case("S006", "doc: «&a» hello\n", says="anchors"),
    Case("S006 S006", "doc: «&a» hello\nname: «*a»\n", head="ackord: 1\nversion: 1.0.0\n"),
    Case("S006", "doc: «!!str» hello\n", says="tags"),
    Case("S006", "types:\n  A: {fields: {«<<»: {a: int}}}\n", says="merge keys"),
    Case("S006", "«---»\nackord: 1\n", says="one document"),
    Case("S006", "«%YAML 1.1»\n---\n" + HEAD, head="", says="directives"),
    Case("S006", "? «[a]»\n: b\n", says="a key is a name"),
    Case("S007", "doc: " + "[" * 49 + "«[»" + "]" * 50 + "\n"),
    # The document
    Case("S010", "«- a»\n", head="", says="a mapping, not a list"),
    Case("S010", "types: «5»\n"),
    Case("S010", "types: {A: «[int]»}\n"),
    Case(
        "S010",
        types("R: {fields: {x: int}}\nU: {union: «[R]», open: true}"),
        says="give it a `tag`",
    ),
    Case("S010", "doc: «5»\n", says='write "5" in quotes'),
    Case("S010", "rooms: {lobby: {name: lobby, deprecated: «true»}}\n"),
    Case("S010", "rooms: {lobby: «x»}\n"),
    Case("S010", "errors: {Bad: «x»}\n"),
    Case("S010", "namespaces: {/a: «x»}\n"),
    Case("S010", "namespaces: {/a: {error_replies: «maybe»}}\n", says="true or false"),
    Case("S010", events("a: {errors: «Bad»}"), says="a list of names"),
    Case("S010", types("A: {enum: «owner»}")),
    Case("S010", types("A: {union: «B»}")),
    Case("S010", types("A: {union: «[]»}")),
    Case("S010", types("A: {enum: [«1», two]}"), says='write `literal[1, "two"]`'),
    Case("S010", fields("a: {type: str, min_length: «1.5»}"), says="a whole number"),
    Case("S010", fields("a: {type: str, pattern: «5»}")),
    Case("S010", fields("a: {type: int, ge: «one»}")),
    Case("S010", fields("«a»:")),
    Case("S010", events("a: {ack: «[int, str]»}"), says="tuple[A, B]"),
    Case("S011", "«typs»: {}\n", says="did you mean 'types'?"),
    Case("S011", events("a: {«payload»: {}}"), says="`args`"),
    Case("S011", fields("a: {type: int, «default»: 5}"), says="`type: int = 5`"),
    Case("S011", fields("a: {type: str, «default»: x, max_length: 3}"), says='`type: str = "x"`'),
    Case("S011", fields("a: {type: 'list[int]', «default»: []}"), says='`type: "list[int] = []"`'),
    Case("S011", fields("a: {type: int, «default»: [1]}"), says="as in `type: int = 5`"),
    Case("S011", types("A: {newtype: int, «default»: 5}"), says="only fields and arguments"),
    Case("S020", fields("a: 'int = 5 «{»ge: 1}'"), says="`{type: int = 5, ge: 1}`"),
    Case("S011", types("A: {newtype: str, «open»: true}")),
    Case("S011", "namespaces: {/a: {«client_to_sever»: {}}}\n", says="'client_to_server'"),
    Case("S011", "errors: {Bad: {«cod»: bad}}\n", says="'code'"),
    Case("S011", "rooms: {lobby: {name: lobby, «parms»: {}}}\n", says="'params'"),
    Case("S011", fields("a: {fields: {}, «open»: true}")),
    Case("S011", types("A: {enum: [{value: a, «docs»: b}]}"), says="'doc'"),
    Case("S012 S012 S012", "«»«»«»types: {}\n", head=""),
    Case("S012", "rooms: {«lobby»: {}}\n", says="'name'"),
    Case("S012", fields("«a»: {min_length: 1}"), says="'type'"),
    Case("S012", types("A: {enum: [«{doc: x}»]}"), says="'value'"),
    Case("S013", "ackord: «2»\nnonsense: 5\n", head="", says="ackord: 1"),
    Case("S013", "ackord: «one»\n", head=""),
    Case("S014", "version: «2.3»\n", head="ackord: 1\nname: demo\n", says="2.3.0"),
    Case("S014", "version: «[1]»\n", head="ackord: 1\nname: demo\n"),
    Case("S014", "version: «v1.0.0»\n", head="ackord: 1\nname: demo\n", says="1.0.0"),
    Case("S016", "acks: «rsult»\n", says="did you mean 'result'?"),
    Case("S016", events("a: {ack: int, timeout: «5»}"), says="write 5s"),
    Case("S016", events("a: {ack: int, timeout: «0s»}")),
    Case("S016", events("a: {ack: int, timeout: «[5s]»}")),
    Case("S010", events("a: {rate: «5»}"), says="'rate' is a mapping"),
    Case("S010", events("a: {rate: {per_second: «fast»}}"), says="'per_second' is a number"),
    Case("S010", "namespaces: {/a: {auth: {fields: {a: str}, expires: «maybe»}}}\n"),
    Case(
        "S018",
        "namespaces: {/a: {auth: {fields: {a: str}, expires: true}, client_to_server: {«refresh_auth»: {}}}}\n",
    ),
    Case("S012", events("a: {«rate»: {burst: 5}}"), says="'per_second'"),
    Case("S016 S016", events("a: {rate: {per_second: «0»}}\nb: {rate: {per_second: «1000001»}}")),
    Case(
        "S016 S016",
        events("a: {rate: {per_second: 1, burst: «0»}}\nb: {rate: {per_second: 1, burst: «1.5»}}"),
        says="a whole number above 0",
    ),
    Case("S016", events("a: {«rate»: {per_second: 0.00001}}"), says="longer than a day"),
    Case(
        "S079 S079",
        "namespaces: {/a: {server_to_client: {b: {«rate»: {per_second: 1}}}, server_to_server: {b: {«rate»: {per_second: 1}}}}}\n",
    ),
    Case("S016", fields("a: {type: str, min_length: «-1»}")),
    Case("S016", fields("a: {type: int, multiple_of: «0»}")),
    Case("S016", fields("a: {type: int, ge: «0.5»}"), says="whole number"),
    Case(
        "S016",
        fields("a: {type: int64, ge: «1.00000000000000000000000000000000001»}"),
        says="whole number",
    ),
    Case("S010", fields("a: {type: int, ge: «'5'»}"), says="a number without quotes"),
    Case("S010", fields("a: {type: float, le: «.inf»}"), says="'le' is a finite number, not .inf"),
    Case("S010", fields("a: {type: decimal, le: «1e999999»}"), says="with at most 400 digits"),
    Case(
        "S010 S010",
        fields("a: {type: decimal, ge: «'1_0'», le: «'NaN'»}"),
        says="a decimal number, not text",
    ),
    Case(
        "S016 S016",
        fields("a: {type: decimal, multiple_of: «'0.0'»}\nb: {type: decimal, max_digits: «0»}"),
        says="at least 1",
    ),
    Case(
        "S016 S016",
        fields("a: {type: float, le: «1e400»}\nb: {type: float, multiple_of: «1e-400»}"),
        says="which a float can't hold",
    ),
    Case(
        "S016",
        fields("a: {type: float, le: «9007199254740993»}"),
        says="the nearest float is 9007199254740992",
    ),
    *(
        Case("S016", fields(f"a: {{type: {of}, {name}: «{number}»}}"), says="at most 2147483647")
        for of, names in [
            ("str", "min_length max_length"),
            ("'list[int]'", "min_items max_items"),
            ("decimal", "max_digits decimal_places"),
        ]
        for name, number in zip(names.split(), ["99999999999999999999", "2147483648"], strict=True)
    ),
    Case("S017", "name: «My Demo»\n", head="ackord: 1\nversion: 1.0.0\n", says="my_demo"),
    Case("S017", types("«chat_thing»: int"), says="ChatThing"),
    Case("S017", fields("«a-b»: int"), says="a_b"),
    Case("S017", "errors: {«bad»: {}}\n"),
    Case("S017", "rooms: {«Lobby»: {name: lobby}}\n", says="lobby"),
    Case("S017", events("«old:event»: {}"), says="name: old_event"),
    Case("S017", events("a: {name: «A b»}"), says="a_b"),
    Case("S017", "namespaces: {«/2024»: {}}\n", says="name: my_namespace"),
    Case("S017", types("A: {union: [B], tag: «a b»}\nB: {fields: {}}")),
    Case("S018", "types: {Bad: int}\nerrors: {«Bad»: {}}\n"),
    Case("S018", types("AAck: int") + events("a: {«ack»: {fields: {x: int}}}"), says="AAck"),
    Case("S018", events("sendMessage: {}\n«send_message»: {}"), says="'send_message'"),
    Case("S018", events("a: {args: {userId: int, «user_id»: int}}")),
    Case("S018", "namespaces: {/a-b: {}, «/a/b»: {}}\n"),
    Case("S019", "errors: {Bad: {}}\n" + events("a: {errors: [Bad, «Bad»]}")),
    Case("S019", types("A: {union: [B, «B»], tag: kind}\nB: {fields: {}}")),
    # Types
    Case("S020", fields("a: list[str«»")),
    Case("S020", fields("a: list[str«?»]"), says="`T | null`"),
    Case("S020", fields("a: str «int»")),
    Case("S020", fields("a: «dict»[str, int]"), says="map[str, T]"),
    Case("S020", fields("a: «list»"), says="list[T]"),
    Case("S020", fields("a: «list[str, int]»"), says="tuple[A, B]"),
    Case("S020", fields("a: «map[int]»"), says="map[str, T]"),
    Case("S020", fields("a: «(»int | str)"), says="square brackets"),
    Case("S020", fields("a: literal[«a»]"), says='write "a"'),
    Case("S020", fields("a: literal[«1.5»]")),
    Case("S020", fields("a: literal[«'»a']"), says="double quotes"),
    Case("S020", fields('a: str = «"abc»')),
    Case("S020", fields("a: str =«»")),
    Case("S020", fields("a: int | «|» str")),
    Case("S020", fields("a: int?«?»")),
    Case("S020", fields("a: «null»")),
    Case("S020", fields("a: list[«null»]")),
    Case("S020", fields("a: «null» | null")),
    Case("S020", fields("a: " + "list[" * 20 + "list«[»int" + "]" * 21)),
    Case("S020", fields('a: \'json = {"x": 1, «"x"»: 2}\'')),
    Case("S020", fields("a: float = «1e999»")),
    Case("S020", fields('a: {type: "«li»[str]"}')),
    Case("S021", fields("a: list[«strr»]"), says="did you mean 'str'?"),
    Case("S021", fields("a: «Thng»?"), says="did you mean 'Thing'?"),
    Case("S021", fields("a: «string»"), says="did you mean 'str'?"),
    Case("S021", fields("a: «geo.Point»")),
    Case("S021 S021", fields("a: tuple[«X1», int, «Y2»]")),
    Case("S021", fields("a: {type: '«strr»'}")),
    Case("S021", fields('a: {type: "literal[\\"é\\"] | «strr»"}')),
    Case("S021", types("A: {newtype: «strr»}")),
    Case("S021", types("A: {union: [«Bee»], tag: kind}")),
    Case("S021", "types:\n  A:\n    «list[strr\n    ]»\n"),
    Case("S021", "types:\n  A: 'literal[\"it''s\"] | «strr»'\n"),
    Case("S022", events("a: {ack: «{message_id: str}»}"), says="{fields: {…}}"),
    Case("S022", events("a: {args: {«b»: {}}}")),
    Case("S023", types("«A»: {doc: nothing}")),
    Case("S023", types("«A»: {newtype: str, enum: [a]}"), says="both `newtype` and `enum`"),
    Case("S024", events("a: {ack: str«?»}"), says="`T | null`"),
    Case("S024", events("a: {ack: int = «5»}")),
    Case("S024", fields("a: int«?» = 5")),
    Case("S024", types("A: {type: str«?»}")),
    Case("S024", types("A: {newtype: str«?»}")),
    Case("S024", types("A: {union: [int«?», str]}")),
    Case("S024", "rooms: {r: {name: 'r{x}', params: {x: str«?»}}}\n"),
    Case("S025", fields("a: {type: int, «max_length»: 3}"), says="ge, gt"),
    Case("S025", fields("a: {type: bytes, «pattern»: x}"), says="max_length, min_length"),
    Case("S025", fields("a: {type: datetime, «ge»: 3}")),
    Case("S025 S025", fields("a: {type: float, «max_digits»: 3, «decimal_places»: 3}")),
    Case("S025", fields("a: {type: 'list[str]', «max_length»: 3}"), says="min_items"),
    Case("S025", fields("a: {type: Thing?, «max_length»: 3}")),
    Case("S025", fields("a: {type: int | null, «pattern»: x}")),
    Case("S025", types("A: {newtype: bool, «ge»: 3}")),
    Case("S026", fields("a: {type: str, min_length: 5, max_length: «4»}")),
    Case("S026", fields("a: {type: 'list[int]', min_items: 5, max_items: «4»}")),
    Case("S026", fields("a: {type: int, gt: 5, lt: «6»}")),
    Case("S026", fields("a: {type: float, ge: 5, lt: «5»}")),
    Case("S026", fields("a: {type: decimal, ge: 0.1, lt: «'0.10'»}")),
    Case(
        "S026",
        fields("a: {type: decimal, gt: 1, lt: 1.01, multiple_of: «0.01»}"),
        says="no multiple of 0.01 between 1 and 1.01",
    ),
    Case("S026", fields("a: {type: decimal, decimal_places: 3, max_digits: «2»}")),
    Case(
        "S026",
        fields("a: {type: decimal, max_digits: 5, decimal_places: 2, ge: «1e3»}"),
        says="'max_digits' is 5 and 'decimal_places' is 2",
    ),
    Case(
        "S026 S026",
        fields(
            "a: {type: int64, gt: «9223372036854775807»}\nb: {type: int64, le: "
            "«-9223372036854775809»}"
        ),
        says="64 bits",
    ),
    Case("S026", fields("a: {type: float, ge: 5, «gt»: 6}")),
    Case("S027", fields('a: {type: str, pattern: «"(?=a)b"»}'), says="look-around"),
    Case("S027", fields('a: {type: str, pattern: «"(a)\\\\1"»}'), says="back-references"),
    Case("S027", fields('a: {type: str, pattern: «"("»}')),
    Case("S027", fields('a: {type: str, pattern: «"a{1000}{1000}{1000}"»}')),
    Case("S028", types("A: {newtype: '«list[str]»'}")),
    Case("S028", types("A: {newtype: «B»}\nB: {newtype: str}")),
    Case("S028", types("A: {newtype: «json»}")),
    Case("S029", types("A: {enum: [a, b, «a»]}")),
    Case("S029", types("A: {enum: «[]»}")),
    Case("S029", types('A: {enum: [a, «""»]}')),
    Case("S030", fields('a: literal["x", 1, true, «"x"»]')),
    Case("S031", fields('a: int = «"x"»')),
    Case("S031", fields("a: str = «x»"), says='write "x"'),
    Case("S031", fields("a: bool = «1»")),
    Case(
        "S031", fields("a: int = 5.0\nb: list[int] = [-1e3]\nc: int = «5.5»"), says="5.5 is no int"
    ),
    Case("S031", fields("a: {type: int = «5», le: 4}")),
    Case("S031", fields('a: {type: "str = «\\"ab\\"»", pattern: ^x}')),
    Case("S031", fields('a: {type: "str = «\\"\u0661\\"»", pattern: "^\\\\d"}')),
    Case(
        "S031",
        fields("a: Role = «viewr»") + "  Role: {enum: [owner, viewer]}\n",
        says="owner, viewer",
    ),
    Case("S031", fields("a: list[Role] = «[owner, 1]»") + "  Role: {enum: [owner, viewer]}\n"),
    Case("S031", fields('a: datetime = «"2026-01-01T00:00:00"»')),
    Case("S031", fields("a: datetime = «5»")),
    *(
        Case("S031", fields(f'a: {of} = «"{text}"»'), says=f"isn't how a {of} is written")
        for of, text in [
            ("datetime", "2026-01-31T12:00:00+0200"),
            ("datetime", "2026-W05-6T12:00:00Z"),
            ("date", "2026-W05-6"),
            ("date", "\u0662026-01-31"),
            ("time", "123000"),
            ("duration", "PxS"),
            ("decimal", "1_000"),
            ("decimal", "NaN"),
            ("decimal", " 1"),
            ("uuid", "{12345678-1234-5678-1234-567812345678}"),
            ("uuid", "12345678123456781234567812345678"),
        ]
    ),
    Case("S031", fields('a: url = «"http:/x"»')),
    Case(
        "S031", fields("a: {type: decimal = «0.15», multiple_of: 0.1}"), says="'multiple_of' is 0.1"
    ),
    Case(
        "S031",
        fields("a: {type: decimal = «0.125», max_digits: 5, decimal_places: 2}"),
        says="'decimal_places' is 2",
    ),
    Case("S031", fields("a: 'decimal = «\"1e999999\"»'"), says="more than 400 digits"),
    Case("S031 S031", fields("a: float = «1e400»\nb: json = «[1e399]»"), says="too large"),
    Case("S031", fields('a: datetime = «"2026-01-01"»')),
    Case("S031", fields('a: duration = «"00:00:05"»')),
    Case("S031", fields('a: bytes = «"x"»')),
    Case("S031", fields("a: int64 = «9223372036854775808»")),
    Case("S031", fields("a: tuple[int, int] = «[1]»")),
    Case("S031", fields('a: literal["x"] = «"y"»')),
    Case("S031", fields("a: int | str = «[1]»")),
    Case("S031", fields('a: {type: "list[int] = «[]»", min_items: 1}')),
    Case("S031", fields('a: \'map[str, int] = «{"x": "y"}»\'')),
    Case(
        "S031",
        fields("a: 'Point = «{\"x\": 1}»'") + "  Point: {fields: {x: int, y: int}}\n",
        says="'y' is missing",
    ),
    Case(
        "S031",
        fields('a: \'Point = «{"x": 1, "z": 2}»\'') + "  Point: {fields: {x: int}}\n",
        says="no field 'z'",
    ),
    Case(
        "S031",
        fields("a: 'Both = «{\"x\": 1}»'")
        + "  Both: {union: [Point], tag: kind}\n  Point: {fields: {x: int}}\n",
        says="'kind'",
    ),
    Case("S031", fields("a: json = «[x]»")),
    Case("S031", events("a: {args: {b: uuid = «5»}}")),
    Case("S031", "errors: {Bad: {fields: {a: int = «x»}}}\n"),
    Case("S032", types("A: {union: [B, «C»], tag: kind}\nB: {fields: {}}\nC: int")),
    Case("S032", types("A: {union: [«int»], tag: kind}")),
    Case("S033", types("A: {union: [B], tag: kind}\nB: {fields: {«kind»: int}}")),
    Case(
        "S034",
        types("A: {union: [B, C], tag: kind}\nB: {fields: {}}\nC: {tag_value: «b», fields: {}}"),
    ),
    Case("S035", fields("a: int | «float»")),
    Case("S035", fields("a: Thing | «map[str, int]»"), says="`tag`"),
    Case("S035", fields("a: str | «uuid» | null")),
    Case("S035", fields("a: bytes | «map[str, int]»")),
    Case("S035", fields("a: int | null | «null»")),
    Case("S035", types("A: {union: [str, '«literal[\"x\"]»']}")),
    Case("S035", fields("a: int | «int64»"), says="are int in Python"),
    Case("S035", types("A: B | «literal[1]»\nB: {type: 'int64 | null'}"), says="`tag`"),
    Case(
        "S035",
        types(
            "A: {python: ipaddress.IPv4Address}\nB: A | list[int] | «C»\nC: {python: "
            "ipaddress.IPv4Address}"
        ),
    ),
    Case("S036", types("«A»: list[B]\nB: A | int")),
    Case("S036", types("«A»: A")),
    Case(
        "S036",
        types("«A0»: A1\n" + "".join(f"A{n}: A{n + 1}\n" for n in range(1, 11)) + "A11: int"),
    ),
    Case("S037", types("«A»: {fields: {b: B}}\nB: {fields: {a: A}}"), says="A -> B -> A"),
    Case("S037", types("«A»: {fields: {a: {type: 'list[A]', min_items: 1}}}")),
    Case("S037", types("«A»: {union: [B], tag: kind}\nB: {fields: {a: A}}")),
    Case("S037", types('A: {fields: {a: "A = «{}»"}}'), says="A.a -> A.a"),
    Case(
        "S037",
        types('A: {fields: {b: "B = «{}»"}}\nB: {fields: {a: "list[A] = [{}]"}}'),
        says="A.b -> B.a -> A.b",
    ),
    Case(
        "S037",
        types(
            'U: {union: [A, B], tag: k}\nA: {fields: {u: \'U = «{"k": "a"}»\'}}\nB: {fields: {}}'
        ),
    ),
    Case(
        "S037",
        types("A: {fields: {a: {type: 'map[str, A] | null = «{\"x\": {}}»', min_items: 1}}}"),
    ),
    Case(
        "S037", types("A: {fields: {b: int, c: 'tuple[Other, int] = «[{\"b\": 1}, 2]»'}}\nOther: A")
    ),
    Case("S038", types("A: {python: «nowhere_to_be_found.Thing»}")),
    Case("S038", types("A: {python: «datetime.Thing»}"), says="has no Thing"),
    Case("S038", types("A: {python: «Thing»}")),
    Case("S038", types("A: {python: «os.path»}")),
    Case("S039", types("A: {tag_value: «a», fields: {}}")),
    Case(
        "S039", types("A: {union: [C], tag: kind}\nB: {union: [«C»], tag: type}\nC: {fields: {}}")
    ),
    # Errors and rooms
    Case("S040", "errors: {«Internal»: {}}\n", says="reserved"),
    Case("S040", "errors: {Bad: {code: «unknown_event»}}\n"),
    Case("S040", "errors: {Bad: {code: «''»}}\n", says="1 to 128"),
    Case("S041", "errors: {Bad: {}, Worse: {code: «bad»}}\n"),
    Case(
        "S042", "errors: {RoomFull: {}}\n" + events("a: {errors: [«Roomfull»]}"), says="'RoomFull'"
    ),
    Case(
        "S042",
        "namespaces: {/a: {connect_errors: [«Banned»]}}\n",
        says="declare it under `errors:`",
    ),
    Case(
        "S043", "rooms: {r: {name: «'r:{dok}'», params: {doc: str}}}\n", says="did you mean 'doc'?"
    ),
    Case("S043", "rooms: {r: {name: r, params: {«doc»: str}}}\n"),
    Case("S043", "rooms: {r: {name: «'{a}{b}'», params: {a: str, b: str}}}\n", says="text between"),
    Case("S043", "rooms: {r: {name: «'{a}:{a}'», params: {a: str}}}\n", says="twice"),
    Case("S043", "rooms: {r: {name: «'r:{a'», params: {a: str}}}\n"),
    Case("S043", "rooms: {r: {name: «''»}}\n"),
    Case("S044", "rooms: {r: {name: 'r:{a}', params: {a: «float»}}}\n"),
    Case("S044", fields("x: int") + "rooms: {r: {name: 'r:{a}', params: {a: «Thing»}}}\n"),
    Case("S044", "namespaces: {'/r/{a}': {params: {a: «bytes»}}}\n"),
    Case("S044", "rooms: {r: {name: 'r:{a}', params: {a: '«literal[\"1\", 1]»'}}}\n", says="'1'"),
    Case(
        "S044",
        "types: {L: 'literal[2, \"2\"]'}\nnamespaces: {'/r/{a}': {params: {a: «L»}}}\n",
        says="same text",
    ),
    Case(
        "S045",
        "rooms: {r: {name: 'r:{a}', params: {a: str}}, s: {name: «'r:{b}'», params: {b: str}}}\n",
    ),
    Case("S045", "rooms: {r: {name: «'{a}'», params: {a: str}}}\n", says="its id"),
    Case("S045", "rooms: {r: {name: 'r:{a}', params: {a: str}}, s: {name: «'r:all'»}}\n"),
    Case(
        "S045",
        (
            "rooms: {r: {name: 'r:{a}', params: {a: str}}, s: {name: «'r:{a}:private'», params: "
            "{a: int}}}\n"
        ),
    ),
    Case(
        "S045",
        (
            "types: {E: {enum: [a, b]}}\nrooms: {r: {name: 'r:{a}', params: {a: E}}, s: {name: "
            "«'r:b'»}}\n"
        ),
    ),
    Case(
        "S045",
        (
            "types: {D: {newtype: str, pattern: '^[a-z]+$'}}\nrooms: {r: {name: 'r:{a}', params: "
            "{a: D}}, s: {name: «'r:all'»}}\n"
        ),
    ),
    Case(
        "S045",
        (
            "rooms: {r: {name: 'a{a}c{b}', params: {a: int, b: str}}, s: {name: «'a{a}c{b}d'», "
            "params: {a: uuid, b: date}}}\n"
        ),
    ),
    Case(
        "S046",
        "rooms: {lobby: {name: lobby}}\n" + events("a: {rooms: [«loby»]}", "server_to_client"),
        says="'lobby'",
    ),
    Case("S047", "rooms: {lobby: {name: lobby}}\n" + events("a: {«rooms»: [lobby]}")),
    # Namespaces and events
    Case("S050", "namespaces: {«chat»: {}}\n", says="write /chat"),
    Case("S050", "namespaces: {«'/a b'»: {}}\n"),
    Case("S050", "namespaces: {«/a/»: {}}\n"),
    Case("S050", "namespaces: {«'/a,b'»: {}}\n"),
    Case("S051", "namespaces: {«'/tenant/{tenant}'»: {}}\n"),
    Case("S051", "namespaces: {/tenant: {params: {«tenant»: uuid}}}\n"),
    Case("S052", "namespaces: {/a: {auth: «str»}}\n"),
    Case("S052", types("A: int") + "namespaces: {/a: {session: «A»}}\n"),
    Case("S053", events("«connect»: {}")),
    Case("S053", events("«newListener»: {}")),
    Case("S053", events("«'*'»: {}")),
    Case("S053", events("«Disconnect»: {}"), says="`name:`"),
    Case("S053", events("a: {name: «connect_error»}")),
    Case("S054", events("«12»: {}"), says="a number"),
    Case("S054", events("«''»: {name: empty}")),
    Case("S054", events('«"a\\nb"»: {name: a_b}')),
    Case("S055", events("a: {args: {b: int?, «c»: int}}"), says="positional"),
    Case("S055", events("a: {args: {b: int = 1, c: int?, «d»: {fields: {}}}}")),
    Case("S058", events("a: {args: {«b»: 'int | null?', c: int?}}"), says="null in its place"),
    Case("S058", events("a: {args: {«b»: json?, c: int = 1}}")),
    Case("S056", events("a: {«timeout»: 5s}")),
    Case("S056", events("a: {«acks»: result}")),
    # Acknowledgements that could be taken for failures, and attachments
    Case("S060", events("a: {ack: «json»}"), says="`acks: result`"),
    Case("S060", events("a: {ack: «json»}", "server_to_client")),
    Case("S060", events("a: {ack: '«map[str, int]»', acks: bare}")),
    Case("S060", events("a: {ack: '«int | map[str, int] | null»'}")),
    Case("S060", events("a: {«ack»: {fields: {error: str}}}")),
    Case(
        "S060",
        types("A: {fields: {id: int, error: str?}}\nB: A\nC: B | int")
        + events("a: {ack: «C | null»}"),
    ),
    Case(
        "S060",
        types("A: {union: [B, C], tag: kind}\nB: {fields: {}}\nC: {fields: {error: int}}")
        + events("a: {ack: «A»}"),
    ),
    Case("S060", types("A: {union: [B], tag: error}\nB: {fields: {}}") + events("a: {ack: «A»}")),
    Case("S060", types("A: {union: [B], tag: error}\nB: {fields: {}}") + events("a: {ack: «B»}")),
    Case("S060", "acks: result\n" + events("a: {ack: «json», acks: bare}")),
    Case("S060", "errors: {Bad: {}}\n" + events("a: {ack: «json», errors: [Bad]}")),
    Case("S061", fields("a: «list[bytes]»"), says="max_items: 10"),
    Case(
        "S061",
        "ignore: {S063: tested}\n" + events("a: {args: {files: '«map[str, list[bytes] | null]»'}}"),
    ),
    Case(
        "S061",
        types("A: {fields: {a: bytes?}}\nB: {union: [A], tag: kind}\nC: B | int")
        + events("a: {args: {b: '«list[C]»'}}")
        + "ignore: {S063: tested}\n",
    ),
    Case("S061", types("A: {newtype: bytes}\nB: {union: «['list[A]', int]»}")),
    Case(
        "S062",
        types("Tree: {fields: {kids: '«list[Tree] | Tree | str | int»'}}"),
        says="tagged union",
    ),
    Case(
        "S062",
        types(
            "A: {fields: {b: B}}\nB: {union: «['list[C]', int]»}\nC: {fields: {a: 'map[str, "
            "A] | null'}}"
        ),
    ),
    Case(
        "S063",
        types("Body: {newtype: str}\nItem: {fields: {text: str?, kids: 'list[Item] | null'}}")
        + "namespaces:\n  «/chat»:\n    auth: {fields: {token: str, page: {fields: {url: bytes}}}}\n"
        "    client_to_server: {say: {args: {body: Body, item: Item, items: 'map[str, Item]'}}}\n"
        "    server_to_client: {ask: {args: {question: str}, ack: json, acks: result}}\n",
        says="any size: say.items, ask.ack, auth.token, Body, Item.text and 2 more",
    ),
    Case(
        "S063",
        events("a: {ack: {args: {b: str, c: int}}}", "server_to_client").replace(
            "/chat", "«/chat»"
        ),
        says="any size: a.ack.b ",
    ),
    Case("S063", events("a: {args: {b: str}}").replace("/chat", "«/chat»"), says="any size: a.b "),
    Case("S073", events("a: {«ack»: {args: {b: int}}}", "server_to_server"), says="one value"),
    Case("S077", events("a: {args: {«from»: int, count: int}}"), says="in generated Python, where"),
    Case("S077", events("a: {args: {«timeout»: int}}", "server_to_client"), says="Python and Type"),
    Case("S077", events("a: {args: {b: {type: int, name: «delete»}}}", "server_to_server")),
    Case("S077", events("a: {ack: {args: {«count»: int, timeout: int}}}"), says="'count' has anot"),
    Case(
        "S077",
        events(
            "a: {args: {from: int}, ignore: {S077: tested}}\n"
            "b: {args: {from: {type: int, ignore: {S077: tested}}, «timeout»: int}}\n"
            "c: {args: {from: {type: int, name: sender}, d: {type: int, ignore: {S077: tested}}}}"
        ),
    ),
    # Names on the wire and in generated code
    Case("S017", fields("«content-type»: str"), says="`name: content_type`"),
    Case("S017", fields("content-type: {type: str, name: «contentType»}"), says="content_type"),
    Case("S017", fields('«"a\\tb"»: {type: str, name: a}'), says="1 to 128 printable"),
    Case("S017", types("A: {enum: [{value: a, name: «A»}]}")),
    Case("S017", "errors: {«room_full»: {}}\n", says="`name: RoomFull`"),
    Case("S017", "errors: {room_full: {name: «room_full»}}\n", says="for example RoomFull"),
    Case("S011", "errors: {room_full: {name: Full, «code»: full}}\n", says="the key of the error"),
    Case("S011", types("A: {union: [int, str], «tag_name»: a}"), says="has no tag"),
    Case("S016", "names: «camel_case»\n", says="did you mean 'camelCase'?"),
    Case("S018", fields("a: int\nA-1: {type: int, name: «a»}")),
    Case("S018", types("A: {enum: [{value: a, name: x}, {value: b, name: «x»}]}")),
    Case("S018", events("a: {ack: {args: {x: int, y: {type: int, name: «x»}}}}")),
    Case(
        "S033",
        types(
            'A: {fields: {«a»: {type: int, name: kind}}}\nU: {union: [A], tag: "@k", tag_name: kind}'
        ),
    ),
    Case(
        "S039",
        types(
            "A: {fields: {}}\nU: {union: [A], tag: k}\nV: {union: [«A»], tag: k, tag_name: kind}"
        ),
        says="kind in generated code",
    ),
    Case("S071", "names: camelCase\n" + fields("a_b: int\n«aB»: int")),
    Case("S071", "names: camelCase\n" + events("a_b: {}\n«aB»: {name: other}")),
    Case("S053", "names: camelCase\n" + events("«new_listener»: {}")),
    # Removed names, and versions
    Case(
        "S064", types("A: {fields: {«a»: int}, reserved: [b, a]}"), says="a field that was removed"
    ),
    Case("S064", "names: camelCase\n" + types("A: {fields: {«a_b»: int}, reserved: [a_b]}")),
    Case("S064", events("a: {ack: {fields: {«a»: int}, reserved: [a]}}")),
    Case("S064", "errors: {Bad: {fields: {«a»: int}, reserved: [a]}}\n"),
    Case("S064", types("A: {enum: [«a»], reserved: [a]}"), says="a member that was removed"),
    Case("S064", types("A: {fields: {}}\nU: {union: [«A»], tag: k, reserved: [a]}")),
    Case("S064", namespace("client_to_server: {«a»: {}}\nreserved: {client_to_server: [a]}")),
    Case("S064", "reserved: {types: [A]}\n" + types("«A»: int")),
    Case("S064", "reserved: {errors: [bad]}\nerrors: {«Bad»: {}}\n", says="code of an error"),
    Case("S064", "reserved: {rooms: [lobby]}\nrooms: {«lobby»: {name: lobby}}\n"),
    Case("S064", "reserved: {namespaces: [/a]}\nnamespaces: {«/a»: {}}\n"),
    Case("S011", "reserved: {«events»: [a]}\n", says="'reserved'"),
    Case("S011", types("A: {union: [int, str], «reserved»: [a]}")),
    Case("S010", types("A: {fields: {}, reserved: «a»}"), says="`reserved: [A, B]`"),
    Case("S019", types("A: {fields: {}, reserved: [a, «a»]}")),
    Case("S065", fields("a: {type: int, since: «1.1»}"), says="for example 1.1.0"),
    Case(
        "S065", fields("a: {type: int, since: «1.0.1»}"), says="later than the contract's version"
    ),
    Case("S065", events("a: {since: «[1]»}")),
    # Parts of types, keys
    Case("S068", fields("a: {type: str, «items»: str}"), says="write `type: list`"),
    Case("S068", fields("a: {type: 'list[str]', «items»: str}"), says="without brackets"),
    Case("S068", fields("a: {type: list, items: str, «values»: str}"), says="it has 'items'"),
    Case("S012", fields("«a»: {type: map, keys: str}"), says="needs the key 'values'"),
    Case("S010", fields("a: {type: tuple, items: «str»}"), says="`items: [str"),
    Case("S020", fields("a: {type: list | «map», items: str}"), says="needs brackets"),
    Case("S020", fields("a: {type: 'list[«list»]', items: str}")),
    Case("S024", fields("a: {type: list, items: 'str«?»'}")),
    Case("S026", fields("a: {type: list, items: {type: int, ge: 2, lt: «2»}}")),
    Case("S028", types("A: {newtype: «ip»}")),
    Case("S026", fields("a: {type: email, min_length: «255»}"), says="at most 254"),
    Case("S025", fields("a: {type: ip, «max_length»: 5}")),
    Case("S031", fields('a: {type: email = «"a@b"», min_length: 4}')),
    Case("S072", fields("a: map[«int», str]"), says="numbers are text here, as int64"),
    Case("S072", fields("a: {type: map, keys: «bool», values: str}")),
    Case("S072", types("B: {fields: {}}\nA: map[«B», str]")),
    Case("S072", fields('a: map[«literal["a", 1]», str]')),
    Case("S031", types("K: {enum: [a]}\nA: {fields: {m: 'map[K, int] = «{\"b\": 1}»'}}")),
    # Acknowledgements with several arguments
    Case("S010", events("a: {«ack»: }"), says="write `ack: null`"),
    Case("S011", events("a: {ack: {args: {}, «type»: int}}"), says="known keys: args"),
    Case("S073", events("a: {«ack»: {args: {x: int, y: int}}, acks: result}"), says="acks: bare"),
    Case("S060", events("a: {«ack»: {args: {x: json, y: 'int?'}}}"), says="second argument"),
    Case("S055", events("a: {ack: {args: {x: 'int?', «y»: int}}}")),
    # Imports
    Case("S066", "import: [«nowhere.yaml»]\n" + fields("a: nowhere.User"), says="importing file"),
    Case("S010", "import: «a.yaml»\n", says="`- common.yaml`"),
    Case("S010", "import: [«5»]\n"),
    Case("S010", "import: [«{a.yaml: {as: a}, b.yaml: {as: b}}»]\n", says="is one file"),
    Case("S010", "import: [a.yaml: «a»]\n", says="{as: other}"),
    Case("S012", "import: [{«a.yaml»: {}}]\n"),
    Case("S017", "import: [«2.yaml»]\n", says="{as: common}"),
    Case("S017", "import: [a.yaml: {as: «A»}]\n"),
    # Patterns of other languages
    *(
        Case("S074", types(f"A: {{newtype: str, pattern: «'{pattern}'»}}"), says=says)
        for pattern, says in [
            ("(?i)^a$", "no flags inside of a pattern"),
            (r"\A[a-z]+\z", "write `^`"),
            ("(?P<year>[0-9]+)", "write `(?<year>`"),
            ("^[[:alpha:]]$", "write the characters out"),
            (r"^\pL$", r"write `\p{L}`"),
            (r"\p{Greek}", "Script=Greek"),
            (r"^[0-9]{3}\-[0-9]{4}$", "write `-` without the backslash"),
            ("[a-z&&[^b]]", "`&&`"),
            ("[a-z--b]", "`--`"),
            ("[]a]", "`[]`"),
            (r"\x{41}", "u{…}"),
            ("a{2}{3}", "`{3}`"),
            ("a}", "`}`"),
        ]
    ),
    Case("S016", "ignore: {S061: a, S062: a, S063: a, «S999»: a}\n", says="no code of a warning"),
    Case("S016", "ignore: {S061: «' '»}\n", says="say why"),
    Case("S010", "ignore: {S061: «5»}\n", says="a reason is text"),
    Case("S076", "ignore: {«S061»: why}\n", says="isn't found here"),
    Case("S016", "ignore: {«S021»: a}\n", says="the code of an error"),
    Case("S010", "ignore: «[S063]»\n", says="from codes to reasons"),
]


LONG = "a" * 120
TEMPTING = {
    "a finite number": [
        *(fields(f"a: {{type: float, le: {bound}}}") for bound in (".inf", "-.Inf", ".NAN")),
        fields("a: {type: str, max_length: .inf}"),
        *(fields(f"a: float = {value}") for value in (".inf", "-.inf", "nan", "-Infinity")),
    ],
    "at most 100 characters": [
        types(f"A{LONG}: int"),
        fields(f"{LONG}: int"),
        events(f"{LONG}: {{}}"),
        events(f"a: {{name: {LONG}}}"),
        events(f"a: {{args: {{{LONG}: int}}}}"),
        f"errors: {{A{LONG}: {{}}}}\n",
        f"rooms: {{{LONG}: {{name: x}}}}\n",
        f"namespaces: {{/{LONG}: {{}}}}\n",
    ],
    "a space after the colon": [
        "types:\n  A:{fields: {a: int}}\n",
        "types:\n  A:int\n",
        "types:\n  A:int\n  B:int\n",
        "doc:x\n",
        "types: {A:{fields: {}}}\n",
        fields("a:int"),
        events("a:{args: {b: int}}"),
    ],
    "doesn't line up": [
        "types:\n  A: int\n B: int\n",
        "types:\n  A: int\n   B: int\n",
        "types:\n    A: int\n  B: int\n",
        "errors:\n  - A\n - B\n",
        "doc: x\n  version: y\n",
        types("A:\n  fields:\n    a: int\n   b: int"),
    ],
    "this is a no-break space (U+00A0)": [
        "types:\n\u00a0 A: int\n",
        "types:\n \u00a0A: int\n",
        "types:\n  A:\u00a0int\n",
        fields("a: list[\u00a0int]"),
        fields("a: str\u00a0| null"),
    ],
    "this is an ideographic space (U+3000)": ["types:\n\u3000A: int\n"],
    "this is a zero width space (U+200B)": ["types:\n  \u200bA: int\n", "\u200btypes: {}\n"],
    "did you mean 'email'?": [fields("a: EmailStr"), fields("a: list[Email]")],
    "did you mean 'ip'?": [fields("a: ipv4"), fields("a: IPv6")],
    "did you mean 'json_object'?": [fields("a: object")],
    "`name: content_type`": [fields("content-type: str")],
    "`name: my_name`": [fields("2fa: str"), fields('"": str')],
    "`tag_name: type`": [types('A: {fields: {}}\nU: {union: [A], tag: "@type"}')],
    "`{fields: {…}}` around the fields": [fields("a: {name: str, type: str}")],
    "no file is imported as 'common'": [fields("a: common.User")],
    "did you mean 'datetime'?": [fields("a: date-time")],
    "did you mean 'str'?": [fields("a: text")],
    "write map[str, T]": [fields("a: dict")],
    'as text: `datetime = "2026-01-31T12:00:00Z"`': [
        fields("a: datetime = now"),
        fields("a: datetime = 5"),
    ],
    'as text: `duration = "PT5M"`': [fields("a: duration = soon")],
    "text in a default stands in double quotes": [fields("a: duration = 5s")],
    "| null`": [fields("a: literal[null]"), fields('a: literal["x", None]')],
    "write true": [fields("a: literal[True]")],
    "write `true`": [fields(f"a: bool = {word}") for word in ("yes", "on", "True", "TRUE")],
    "write `false`": [fields("a: bool = no"), fields("a: json = False")],
    "null is written `null`": [fields("a: int | null = None"), fields("a: json = undefined")],
    "`{type: str, max_length: 5}`": [
        fields("a: str(max_length=5)"),
        fields("a: 'str(max_length: 5)'"),
        fields("a: varchar(5)"),
        fields("a: str[5]"),
        fields("a: str<5>"),
    ],
    "`{type: int, ge: 0, le: 5}`": [fields("a: int(ge=0, le=5)")],
    "list[int]": [
        fields("a: [int]"),
        fields("a: tuple[int, ...]"),
        fields("a: int[]"),
    ],
    "list[T]": [fields("a: [int, str]"), fields("a: []"), fields('a: "[int]"')],
    "a map is written map[str, T]": [fields("a: '{str: int}'")],
    "square brackets": [fields("a: list(int)"), fields("a: Array<int>")],
    "the units ms, s and m": [events("a: {ack: int, timeout: 1h30m}")],
    "write 60m": [events("a: {ack: int, timeout: 1h}"), events("a: {ack: int, timeout: 1 hour}")],
    "at most 1440m": [events("a: {ack: int, timeout: 25h}")],
    "write 5s": [events("a: {ack: int, timeout: 5 seconds}"), events("a: {ack: int, timeout: 5S}")],
    "Bad is an error: list it under `errors`": [
        "errors: {Bad: {}}\n" + fields("a: Bad"),
        "errors: {Bad: {}}\n" + events("a: {ack: int | Bad}"),
        "errors: {Bad: {}}\n" + types("A: {union: [Bad], tag: x}"),
    ],
    "lobby is a room": ["rooms: {lobby: {name: lobby}}\n" + fields("a: lobby")],
    "Thing is a type": [fields("b: int") + events("a: {errors: [Thing]}")],
    "write `literal[1, 2]` in place of the enum": [
        types("A: {enum: [1, 2]}"),
        types("A: {enum: [{value: 1}, {value: 2}]}"),
    ],
    "write `literal[true, false]`": [types("A: {enum: [true, False]}")],
    "for example `enum: [": [types("A: {enum: {a: 1, b: 2}}")],
    "rename one of the two": [events("a: {args: {userId: int, user_id: int}}")],
}
"""What people write who come from elsewhere, under the words that must be said about it."""


@pytest.mark.parametrize(
    ("says", "text"), [(says, text) for says, texts in TEMPTING.items() for text in texts]
)
def test_each_likely_mistake_is_told_what_to_write(says: str, text: str) -> None:
    result = load_bytes((HEAD + text).encode(), "demo.yaml")
    assert result.contract is None
    told = [f"{one.message}; {one.hint}" for one in result.diagnostics]
    assert all(says in one for one in told), told
    assert told


@pytest.mark.parametrize("quote", ["'", '"'])
def test_the_version_of_the_language_in_quotes_is_told_to_lose_them(quote: str) -> None:
    result = load_bytes(HEAD.replace("ackord: 1", f"ackord: {quote}1{quote}").encode(), "demo.yaml")
    assert [one.hint for one in result.diagnostics] == ["write `ackord: 1`, without quotes"]


def test_a_schema_in_json_may_escape_any_character() -> None:
    text = '{"ackord": 1, "name": "demo", "version": "1.0.0", "doc": "a\\ud83d\\ude00\\u00e9"}'
    contract = load_bytes(text.encode(), "demo.json").contract
    assert contract is not None
    assert contract.doc == "a\U0001f600\u00e9"


def case_name(case: Case) -> str:
    return f"{case.codes} {case.text.strip()[-60:]}"


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_a_broken_file_gives_these_codes_at_these_places(case: Case) -> None:
    text, ranges = case.marked()
    result = load_bytes(text.encode(), "demo.yaml", lint=LINT)
    assert (result.contract is None) == any(one.severity == "error" for one in result.diagnostics)
    found = [
        (one.code, (one.range.line, one.range.column, one.range.end_line, one.range.end_column))
        for one in result.diagnostics
    ]
    assert found == list(zip(case.codes.split(), ranges, strict=True)), result.diagnostics
    assert case.says in " ".join(f"{one.message} {one.hint}" for one in result.diagnostics)


ELSEWHERE = {"S001", "S002", "S003", "S067", "S069", "S070", "S075", "S078"}
"""Codes about the bytes of a file, in `test_load.py`, about imports, in `test_imports.py`, and about
targets, in `tests/codegen`.
"""


def test_each_code_has_a_case() -> None:
    assert {code for case in CASES for code in case.codes.split()} | ELSEWHERE == set(RULES)


def test_each_rule_that_warns_has_a_check_that_can_be_switched_off() -> None:
    assert {*CHECKS, OF_LANGUAGES, "S076"} == {
        rule.code for rule in RULES.values() if rule.severity == "warning"
    }


@pytest.mark.parametrize(
    "text",
    [
        "kids: 'list[Tree]'",
        "a: 'list[int] | str'",
        "next: 'Tree?'",
        "next: 'Tree | null'",
        "a: 'int | str'",
    ],
)
def test_recursion_without_untagged_unions_and_unions_without_recursion_give_no_warning(
    text: str,
) -> None:
    assert (
        load_bytes(
            (HEAD + types(f"Tree: {{fields: {{{text}}}}}")).encode(), "demo.yaml"
        ).diagnostics
        == ()
    )


EVERYWHERE = """\
    client_to_server:
      a: {{args: {{b: {of}}}}}
      b: {{ack: {of}, acks: result}}
    auth: {{fields: {{b: {of}}}}}
    server_to_client:
      c: {{ack: {of}, acks: result}}
      d: {{args: {{b: {of}}}}}
    session: {{fields: {{b: {of}}}}}
    server_to_server: {{a: {{args: {{b: {of}}}}}}}
"""


@pytest.mark.parametrize(
    ("of", "warns"),
    [
        ("str", True),
        ("{type: str, max_length: 5}", False),
        ("{type: str, pattern: '^[a-z*+|]{1,32}(?:-[0-9])?$'}", False),
        ("{type: str, pattern: '^[a-z]+$'}", True),
        ("{type: str, pattern: '^[a-z]{1,}$'}", True),
        ("{type: str, pattern: '^a|b$'}", True),
        ("{type: str, pattern: '(?m)^a$'}", True),
        ("{type: str, pattern: '^[a-z]{1,32}'}", True),
        ("{type: bytes, max_length: 5}", False),
        ("'list[int]'", True),
        ("{type: 'list[int]', max_items: 5}", False),
        ("{type: 'map[str, bool]', max_items: 5}", False),
        ("{type: 'list[str]', max_items: 5}", True),
        ("'tuple[int, str | null]'", True),
        ("'tuple[int, uuid | null]'", False),
        ("'literal[\"a\"]'", False),
        ("Kind", False),
        ("Tree", False),
        ("{python: ipaddress.IPv4Address}", False),
    ],
)
def test_types_without_limits_are_warned_of_where_clients_send_them(of: str, warns: bool) -> None:
    declared = types("Kind: {enum: [a, b]}\nTree: {fields: {next: 'Tree?'}}")
    if of.startswith("{python"):
        declared, of = declared + f"  Address: {of}\n", "Address"
    text = HEAD + declared + "namespaces:\n  /chat:\n" + EVERYWHERE.format(of=of)
    said = "clients of /chat may send values of any size: a.b, c.ack, auth.b"
    text = "ignore: {S074: tested}\n" + text
    found = [
        one for one in load_bytes(text.encode(), "demo.yaml").diagnostics if one.code != "S076"
    ]
    assert [(one.code, one.message) for one in found] == ([("S063", said)] if warns else [])
    ignored = load_bytes(
        text.replace("S074: tested", "S074: tested, S063: tested").encode(), "demo.yaml"
    )
    assert {one.code for one in ignored.diagnostics} <= {"S076"}
    assert ("S063" in str(ignored.diagnostics)) == (not warns)
    assert ignored.contract is not None


@pytest.mark.parametrize(
    "text",
    [
        "A: {fields: {a: 'list[bytes]'}, ignore: {S061: few}}",
        "A: {fields: {a: {type: 'list[bytes]', ignore: {S061: few}}}}",
        "A: {type: 'list[bytes]', ignore: {S061: few}}",
    ],
)
def test_a_warning_is_ignored_in_the_part_that_says_so_and_nowhere_else(text: str) -> None:
    two = types(f"{text}\nB: list[bytes]")
    found = load_bytes((HEAD + two).encode(), "demo.yaml").diagnostics
    assert [(one.code, one.range.line) for one in found] == [("S061", 6)]


SIZES = """
types:
  Body: {newtype: str}
  Item: {fields: {text: {type: str}, kids: {type: list, max_items: 9, items: {type: str}}}}
  Deep: {fields: {item: {type: Item}}}
  Sent: {fields: {text: {type: str}}}
  One: {fields: {a: str}}
  Two: {fields: {b: {type: json}}}
  Either: {union: [One, Two], tag: kind}
namespaces:
  /chat:
    auth: {fields: {token: {type: str}}}
    client_to_server:
      say: {args: {body: {type: Body}, deep: {type: Deep}}}
      add: {args: {of: {type: Either}}}
    server_to_client:
      ask: {args: {sent: {type: Sent}}, ack: {args: {b: {type: str}}}}
      put: {acks: result, ack: {type: map, max_items: 2, keys: {type: email}, values: {type: str}}}
"""
ALL_SIZES = "ask.ack.b put.ack auth.token Body Item.text Item.kids One.a Two.b"


@pytest.mark.parametrize(
    ("part", "gone"),
    [
        ("", ALL_SIZES),
        ("/chat:\n    ", ALL_SIZES),
        ("Body: {", "Body"),
        ("text: {", "Item.text"),
        ("items: {", "Item.kids"),
        ("kids: {", "Item.kids"),
        ("Item: {", "Item.text Item.kids"),
        ("item: {", "Item.text Item.kids"),
        ("deep: {", "Item.text Item.kids"),
        ("body: {", "Body"),
        ("say: {", "Body Item.text Item.kids"),
        ("One: {", "One.a"),
        ("Two: {fields: {b: {", "Two.b"),
        ("Either: {", "One.a Two.b"),
        ("of: {", "One.a Two.b"),
        ("token: {", "auth.token"),
        ("auth: {", "auth.token"),
        ("ask: {", "ask.ack.b"),
        ("ack: {args: {b: {", "ask.ack.b"),
        ("put: {", "put.ack"),
        ("result, ack: {", "put.ack"),
        ("values: {", "put.ack"),
        # What no client sends, or what has a limit
        ("Sent: {", ""),
        ("sent: {", ""),
        ("keys: {", ""),
    ],
)
def test_sizes_are_ignored_in_any_part_that_leads_to_them(part: str, gone: str) -> None:
    entry = "ignore: {S063: tested}" + (", " if part.endswith("{") else "\n    ")
    text = SIZES.replace(part, part + entry, 1) if part else f"{entry.strip()}\n{SIZES}"
    found = load_bytes((HEAD + text).encode(), "demo.yaml").diagnostics
    left = [where for where in ALL_SIZES.split() if where not in gone.split()]
    said = [one.message.partition("any size: ")[2] for one in found if one.code == "S063"]
    shown = ", ".join(left[:5]) + (f" and {len(left) - 5} more" if len(left) > 5 else "")
    assert said == ([shown] if left else [])
    assert [one.code for one in found if one.code != "S063"] == ([] if gone else ["S076"])


def test_sizes_are_reported_if_an_event_leads_to_them_in_spite_of_another_ones_ignore() -> None:
    text = types("Text: {fields: {text: str}}") + events(
        "a: {args: {b: Text}, ignore: {S063: tested}}\nc: {args: {d: Text}}"
    )
    found = load_bytes((HEAD + text).encode(), "demo.yaml").diagnostics
    assert [(one.code, one.message.partition("size: ")[2]) for one in found] == [
        ("S063", "Text.text")
    ]
