/* For tests: let an allocation fail.
 *
 *     run(n, function, *arguments)   call `function`; its allocation number `n` finds no memory, every other one does
 *
 * Returns (result or None, whether MemoryError was raised, whether there was such an allocation).
 */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>

enum { DOMAINS = 2 };

static const PyMemAllocatorDomain domains[DOMAINS] = {PYMEM_DOMAIN_MEM, PYMEM_DOMAIN_OBJ};
static PyMemAllocatorEx originals[DOMAINS];
static long until_failure;

static bool
fails(void)
{
    return until_failure-- == 0;
}

static void *
failing_malloc(void *context, size_t size)
{
    const PyMemAllocatorEx *original = context;
    return fails() ? NULL : original->malloc(original->ctx, size);
}

static void *
failing_calloc(void *context, size_t count, size_t size)
{
    const PyMemAllocatorEx *original = context;
    return fails() ? NULL : original->calloc(original->ctx, count, size);
}

static void *
failing_realloc(void *context, void *pointer, size_t size)
{
    const PyMemAllocatorEx *original = context;
    return fails() ? NULL : original->realloc(original->ctx, pointer, size);
}

static void
failing_free(void *context, void *pointer)
{
    const PyMemAllocatorEx *original = context;
    original->free(original->ctx, pointer);
}

static PyObject *
run(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    if (count < 2) {
        PyErr_SetString(PyExc_TypeError, "run takes a number, a function and its arguments");
        return NULL;
    }
    const long number = PyLong_AsLong(args[0]);
    if (number == -1 && PyErr_Occurred()) {
        return NULL;
    }
    until_failure = number;
    for (int i = 0; i < DOMAINS; i++) {
        PyMem_GetAllocator(domains[i], &originals[i]);
        PyMemAllocatorEx failing = {&originals[i], failing_malloc, failing_calloc, failing_realloc, failing_free};
        PyMem_SetAllocator(domains[i], &failing);
    }
    PyObject *result = PyObject_Vectorcall(args[1], args + 2, (size_t)(count - 2), NULL);
    for (int i = 0; i < DOMAINS; i++) {
        PyMem_SetAllocator(domains[i], &originals[i]);
    }
    const bool was_reached = until_failure < 0;
    if (result == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_MemoryError)) {
            return NULL;
        }
        PyErr_Clear();
        return Py_BuildValue("(OOO)", Py_None, Py_True, was_reached ? Py_True : Py_False);
    }
    return Py_BuildValue("(NOO)", result, Py_False, was_reached ? Py_True : Py_False);
}

static PyMethodDef methods[] = {
    {"run", (PyCFunction)(void (*)(void))run, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_failing_memory",
    .m_methods = methods,
};

PyMODINIT_FUNC
PyInit__failing_memory(void)
{
    return PyModuleDef_Init(&definition);
}
