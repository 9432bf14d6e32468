/* What ackord's runtime does for every message, in C: same contracts and same results as its Python.
 *
 *     take_text       ackord.runtime.websocket.framing.take_text
 *     take_texts      ackord.runtime.websocket.framing.take_texts
 *     split_event     ackord.runtime.protocol.socketio.packet.split_event
 *     find_exponent   the regular expression of ackord.runtime.sockets.payloads
 *
 * The Python is the reference: what the two answer is compared by tests/runtime/speedups.
 * There is no state: every function depends on its arguments only, so any number of interpreters and threads may call it.
 */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { API = 2 }; /* raised when a function's contract changes; ackord uses the module only if it knows the number */

/* ------------------------------------------------------------------ frames */

enum {
    WHOLE_TEXT = 0x81, /* FIN and the opcode of text, no reserved bit */
    MASKED = 0x80,
    LENGTH = 0x7f,
    LENGTH_OF_2 = 126,
    LENGTH_OF_8 = 127,
    LEAST_HEAD = 6, /* two bytes and the key */
};

typedef struct {
    Py_ssize_t head;
    Py_ssize_t size;
} Frame;

/* Read the head of the frame that begins at `bytes`; false unless it is a whole masked text of at most `max_size` bytes. */
static bool
read_head(const unsigned char *bytes, Py_ssize_t available, Py_ssize_t max_size, Frame *frame)
{
    if (available < LEAST_HEAD || bytes[0] != WHOLE_TEXT || !(bytes[1] & MASKED)) {
        return false;
    }
    Py_ssize_t head = LEAST_HEAD;
    uint64_t size = bytes[1] & LENGTH;
    if (size == LENGTH_OF_2 || size == LENGTH_OF_8) {
        const Py_ssize_t width = size == LENGTH_OF_2 ? 2 : 8;
        head += width;
        if (available < head) {
            return false;
        }
        size = 0;
        for (Py_ssize_t i = 2; i < 2 + width; i++) {
            size = size << 8 | bytes[i];
        }
        if (size < (uint64_t)(width == 2 ? LENGTH_OF_2 : 65536)) {
            return false; /* RFC 6455, 5.2: a length takes as few bytes as it needs */
        }
    }
    /* `available - head` isn't negative; what is no larger fits into Py_ssize_t. */
    if (size > (uint64_t)(available - head) || max_size < 0 || size > (uint64_t)max_size) {
        return false;
    }
    frame->head = head;
    frame->size = (Py_ssize_t)size;
    return true;
}

/* Unmask and decode a payload; NULL with an exception if it isn't UTF-8, or there is no memory. */
static PyObject *
decode_payload(const unsigned char *payload, Py_ssize_t size, const unsigned char *key)
{
    PyObject *text = PyUnicode_New(size, 0x7f);
    if (text == NULL || size == 0) {
        return text; /* the empty string is shared */
    }
    unsigned char *out = PyUnicode_1BYTE_DATA(text);
    uint32_t key4;
    memcpy(&key4, key, sizeof key4);
    const uint64_t key8 = (uint64_t)key4 << 32 | key4;
    uint64_t seen = 0;
    Py_ssize_t i = 0;
    for (; size - i >= 8; i += 8) {
        uint64_t part;
        memcpy(&part, payload + i, sizeof part);
        part ^= key8;
        seen |= part;
        memcpy(out + i, &part, sizeof part);
    }
    for (; i < size; i++) {
        out[i] = (unsigned char)(payload[i] ^ key[i & 3]);
        seen |= out[i];
    }
    if (seen & UINT64_C(0x8080808080808080)) {
        /* It isn't ASCII, so `text` was only memory for the unmasked bytes; nobody else has seen it. */
        PyObject *decoded = PyUnicode_DecodeUTF8((const char *)out, size, NULL);
        Py_DECREF(text);
        return decoded;
    }
    return text;
}

PyDoc_STRVAR(take_text_doc,
"take_text(data, max_size, /)\n--\n\n"
"Return the text of a client's frame that is all of `data`, if a byte tells its length; None if it is anything else.");

static PyObject *
take_text(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    if (count != 2) {
        return PyErr_Format(PyExc_TypeError, "take_text takes 2 arguments, got %zd", count);
    }
    const Py_ssize_t max_size = PyNumber_AsSsize_t(args[1], NULL); /* a number that is too large means the largest */
    if (max_size == -1 && PyErr_Occurred()) {
        return NULL;
    }
    Py_buffer data;
    if (PyObject_GetBuffer(args[0], &data, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    PyObject *text;
    const unsigned char *bytes = data.buf;
    const Py_ssize_t size = data.len - LEAST_HEAD;
    if (size >= 0 && size < LENGTH_OF_2 && size <= max_size && bytes[0] == WHOLE_TEXT && bytes[1] == (MASKED | size)) {
        text = decode_payload(bytes + LEAST_HEAD, size, bytes + 2);
        if (text == NULL && PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) {
            PyErr_Clear();
            text = Py_NewRef(Py_None);
        }
    }
    else {
        text = Py_NewRef(Py_None);
    }
    PyBuffer_Release(&data);
    return text;
}

PyDoc_STRVAR(take_texts_doc,
"take_texts(data, at, max_size, limit, /)\n--\n\n"
"Take the whole text frames of a client that follow each other from `at` on; return their texts, and where the next frame begins.");

static PyObject *
take_texts(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    if (count != 4) {
        return PyErr_Format(PyExc_TypeError, "take_texts takes 4 arguments, got %zd", count);
    }
    /* All integers first: what they are made from may be Python code, which may change the data. */
    Py_ssize_t at = PyNumber_AsSsize_t(args[1], PyExc_OverflowError);
    if (at == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (at < 0) {
        PyErr_SetString(PyExc_ValueError, "at is negative");
        return NULL;
    }
    const Py_ssize_t max_size = PyNumber_AsSsize_t(args[2], NULL); /* a number that is too large means the largest */
    if (max_size == -1 && PyErr_Occurred()) {
        return NULL;
    }
    const Py_ssize_t limit = PyNumber_AsSsize_t(args[3], NULL);
    if (limit == -1 && PyErr_Occurred()) {
        return NULL;
    }
    Py_buffer data;
    if (PyObject_GetBuffer(args[0], &data, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    PyObject *texts = PyList_New(0);
    if (texts == NULL) {
        goto failed;
    }
    Frame frame;
    for (Py_ssize_t taken = 0; taken < limit && at < data.len; taken++) {
        const unsigned char *bytes = (const unsigned char *)data.buf + at;
        if (!read_head(bytes, data.len - at, max_size, &frame)) {
            break;
        }
        PyObject *text = decode_payload(bytes + frame.head, frame.size, bytes + frame.head - 4);
        if (text == NULL) {
            if (!PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) {
                goto failed;
            }
            PyErr_Clear();
            break;
        }
        const int appended = PyList_Append(texts, text);
        Py_DECREF(text);
        if (appended < 0) {
            goto failed;
        }
        at += frame.head + frame.size;
    }
    PyObject *next = PyLong_FromSsize_t(at);
    PyObject *result = next == NULL ? NULL : PyTuple_Pack(2, texts, next);
    Py_XDECREF(next);
    Py_DECREF(texts);
    PyBuffer_Release(&data);
    return result;

failed:
    Py_XDECREF(texts);
    PyBuffer_Release(&data);
    return NULL;
}

/* ------------------------------------------------------------------ events */

enum {
    MAX_ACK_DIGITS = 15, /* as many as fit into 64 bits, by far */
    MAX_NAMESPACE = 1000,
};

typedef struct {
    Py_ssize_t namespace_end; /* 0: there is none */
    long long ack_id;         /* -1: there is none */
    Py_ssize_t payload;
    Py_ssize_t name_end;
} Event;

/* Find the parts of `42[/namespace,][ack id]["name"...`; false if it is anything else.
 * Inlined for each kind of string, so that reading a character is one instruction. */
static inline bool
scan_event(int kind, const void *data, Py_ssize_t length, Event *event)
{
#define CHARACTER(index) PyUnicode_READ(kind, data, index)
    if (length < 2 || CHARACTER(0) != '4' || CHARACTER(1) != '2') {
        return false;
    }
    Py_ssize_t at = 2;
    event->namespace_end = 0;
    if (at < length && CHARACTER(at) == '/') {
        const Py_ssize_t longest = length - 3 < MAX_NAMESPACE ? length : 3 + MAX_NAMESPACE;
        for (at = 3; at < longest && CHARACTER(at) != ',' && CHARACTER(at) != '"'; at++) {
        }
        if (at == length || CHARACTER(at) != ',') {
            return false;
        }
        event->namespace_end = at++;
    }
    const Py_ssize_t digits = at;
    long long ack_id = 0;
    for (; at < length && at - digits < MAX_ACK_DIGITS && CHARACTER(at) >= '0' && CHARACTER(at) <= '9'; at++) {
        ack_id = ack_id * 10 + (long long)(CHARACTER(at) - '0');
    }
    event->ack_id = at == digits ? -1 : ack_id;
    event->payload = at;
    if (length - at < 3 || CHARACTER(at) != '[' || CHARACTER(at + 1) != '"') {
        return false;
    }
    for (at += 2; at < length && CHARACTER(at) != '"'; at++) {
        if (CHARACTER(at) == '\\') {
            return false;
        }
    }
    event->name_end = at;
    return at < length;
#undef CHARACTER
}

/* Make sure that `object` is a string whose characters can be read; -1 with an exception if it isn't. */
static int
check_text(PyObject *object, const char *function)
{
    if (!PyUnicode_Check(object)) {
        PyErr_Format(PyExc_TypeError, "%s takes a str, not %.200s", function, Py_TYPE(object)->tp_name);
        return -1;
    }
#if PY_VERSION_HEX < 0x030C0000
    return PyUnicode_READY(object);
#else
    return 0;
#endif
}

PyDoc_STRVAR(split_event_doc,
"split_event(message, /)\n--\n\n"
"Split an Engine.IO message that holds a common EVENT packet into namespace, ack id, payload and the event's name.");

static PyObject *
split_event(PyObject *Py_UNUSED(module), PyObject *message)
{
    if (check_text(message, "split_event") < 0) {
        return NULL;
    }
    const Py_ssize_t length = PyUnicode_GET_LENGTH(message);
    const void *data = PyUnicode_DATA(message);
    Event event;
    bool found;
    switch (PyUnicode_KIND(message)) {
    case PyUnicode_1BYTE_KIND:
        found = scan_event(PyUnicode_1BYTE_KIND, data, length, &event);
        break;
    case PyUnicode_2BYTE_KIND:
        found = scan_event(PyUnicode_2BYTE_KIND, data, length, &event);
        break;
    default:
        found = scan_event(PyUnicode_4BYTE_KIND, data, length, &event);
        break;
    }
    if (!found) {
        Py_RETURN_NONE;
    }
    PyObject *parts = PyTuple_New(4);
    if (parts == NULL) {
        return NULL;
    }
    /* A tuple that isn't full yet may hold NULL, so it can be given up at any of these. */
    PyObject *part = event.namespace_end == 0 ? PyUnicode_InternFromString("/") : PyUnicode_Substring(message, 2, event.namespace_end);
    if (part == NULL) {
        goto failed;
    }
    PyTuple_SET_ITEM(parts, 0, part);
    part = event.ack_id < 0 ? Py_NewRef(Py_None) : PyLong_FromLongLong(event.ack_id);
    if (part == NULL) {
        goto failed;
    }
    PyTuple_SET_ITEM(parts, 1, part);
    part = PyUnicode_Substring(message, event.payload, length);
    if (part == NULL) {
        goto failed;
    }
    PyTuple_SET_ITEM(parts, 2, part);
    part = PyUnicode_Substring(message, event.payload + 2, event.name_end);
    if (part == NULL) {
        goto failed;
    }
    PyTuple_SET_ITEM(parts, 3, part);
    return parts;

failed:
    Py_DECREF(parts);
    return NULL;
}

/* --------------------------------------------------------------- exponents */

static inline bool
is_sign_or_digit(Py_UCS4 character)
{
    return character == '+' || (character >= '0' && character <= '9');
}

/* For strings of more than one byte a character, which are rare. */
static inline bool
scan_exponent(int kind, const void *data, Py_ssize_t length)
{
    for (Py_ssize_t i = 0; i < length - 1; i++) {
        if (PyUnicode_READ(kind, data, i) == 'e' && is_sign_or_digit(PyUnicode_READ(kind, data, i + 1))) {
            return true;
        }
    }
    return false;
}

static bool
scan_exponent_of_bytes(const unsigned char *data, Py_ssize_t length)
{
    /* `left` counts the bytes that may be an `e`: all but the last, which nothing follows. */
    for (size_t left = length < 1 ? 0 : (size_t)(length - 1); left > 0;) {
        const unsigned char *found = memchr(data, 'e', left);
        if (found == NULL) {
            return false;
        }
        if (is_sign_or_digit(found[1])) {
            return true;
        }
        left -= (size_t)(found + 1 - data);
        data = found + 1;
    }
    return false;
}

PyDoc_STRVAR(find_exponent_doc,
"find_exponent(text, /)\n--\n\n"
"Tell whether an `e` with a plus sign or an ASCII digit after it occurs anywhere.");

static PyObject *
find_exponent(PyObject *Py_UNUSED(module), PyObject *text)
{
    if (check_text(text, "find_exponent") < 0) {
        return NULL;
    }
    const Py_ssize_t length = PyUnicode_GET_LENGTH(text);
    const void *data = PyUnicode_DATA(text);
    switch (PyUnicode_KIND(text)) {
    case PyUnicode_1BYTE_KIND:
        return PyBool_FromLong(scan_exponent_of_bytes(data, length));
    case PyUnicode_2BYTE_KIND:
        return PyBool_FromLong(scan_exponent(PyUnicode_2BYTE_KIND, data, length));
    default:
        return PyBool_FromLong(scan_exponent(PyUnicode_4BYTE_KIND, data, length));
    }
}

/* ------------------------------------------------------------------ module */

static PyMethodDef methods[] = {
    {"take_text", (PyCFunction)(void (*)(void))take_text, METH_FASTCALL, take_text_doc},
    {"take_texts", (PyCFunction)(void (*)(void))take_texts, METH_FASTCALL, take_texts_doc},
    {"split_event", split_event, METH_O, split_event_doc},
    {"find_exponent", find_exponent, METH_O, find_exponent_doc},
    {NULL, NULL, 0, NULL},
};

static int
add_constants(PyObject *module)
{
    return PyModule_AddIntMacro(module, API);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, (void *)add_constants},
#ifdef Py_mod_multiple_interpreters
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_speedups",
    .m_doc = "What ackord's runtime does for every message, in C.",
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit__speedups(void)
{
    return PyModuleDef_Init(&definition);
}
