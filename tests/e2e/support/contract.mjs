// Holds every answer against the OpenAPI document.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

export const documentFile = new URL('../../../nginx/www/api/v1/openapi.json', import.meta.url);
export const document = JSON.parse(readFileSync(documentFile, 'utf8'));

// What HTTP and nginx put on any answer, which the document need not repeat; security headers have a test of their own.
const generalHeaders = new Set([
    'cache-control',
    'connection',
    'content-encoding',
    'content-length',
    'content-security-policy',
    'content-type',
    'cross-origin-opener-policy',
    'cross-origin-resource-policy',
    'date',
    'keep-alive',
    'permissions-policy',
    'referrer-policy',
    'server',
    'strict-transport-security',
    'transfer-encoding',
    'vary',
    'x-content-type-options',
    'x-frame-options',
]);

// What may be said before anybody has looked at path and method.
const refusedEarly = [400, 403, 413, 414, 429, 431, 503];

const ajv = new Ajv2020({ allErrors: true, strict: true, strictTypes: false, strictRequired: false });
addFormats.default(ajv);
for (const keyword of [...Object.keys(document), 'example', 'discriminator']) ajv.addKeyword(keyword);
ajv.addSchema(document, 'openapi');

const validators = new Map();

function validatorAt(...path) {
    const pointer = path
        .map((part) => `/${encodeURIComponent(String(part).replaceAll('~', '~0').replaceAll('/', '~1'))}`)
        .join('');
    if (!validators.has(pointer)) validators.set(pointer, ajv.compile({ $ref: `openapi#${pointer}` }));
    return validators.get(pointer);
}

/** Follows `$ref`; the path to where the thing really is, and the thing. */
function resolve(...path) {
    const value = path.reduce((node, part) => node?.[part], document);
    if (value?.$ref === undefined || path.at(-1) === 'schema') return { path, value };
    return resolve(...value.$ref.slice(2).split('/'));
}

function serverPrefix(item) {
    return (item.servers ?? document.servers)[0].url.replace(/\/$/, '');
}

/** The document's path for a request path without its query, e.g. "/users/{user_name}"; nothing where there is none. */
export function templateOf(path) {
    const candidates = Object.entries(document.paths).filter(([template, item]) => {
        const pattern = template.replace(/[.*+?^$|()[\]\\]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+');
        return new RegExp(`^${serverPrefix(item)}${pattern}$`).test(path);
    });
    return candidates.map(([template]) => template).sort((a, b) => a.split('{').length - b.split('{').length)[0];
}

/** The methods that the document has for a template, HEAD with GET, in alphabetical order. */
export function methodsOf(template) {
    const methods = ['get', 'put', 'post', 'delete', 'patch'].filter((method) => document.paths[template][method]);
    return methods.flatMap((method) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()])).sort();
}

function validate(validator, value, what, answer) {
    if (!validator(value)) {
        assert.fail(`${what}: ${ajv.errorsText(validator.errors, { dataVar: '' })}\n${answer}`);
    }
}

function checkBody(method, content, path, answer, what) {
    const type = answer.header('Content-Type');
    if (content === undefined) {
        assert.equal(answer.body.length, 0, `${what}: a body that is not described\n${answer}`);
        return;
    }
    assert.ok(Object.hasOwn(content, type), `${what}: Content-Type ${type} is not described\n${answer}`);
    if (method === 'HEAD') {
        assert.equal(answer.body.length, 0, `${what}: a body after HEAD`);
        return;
    }
    if (answer.header('Content-Encoding') !== undefined) return; // whoever asked for it unpacks and compares
    const value = type.endsWith('json') ? answer.json() : answer.text();
    validate(validatorAt(...path, 'content', type, 'schema'), value, what, answer);
}

function checkHeaders(response, path, answer, what) {
    for (const name of Object.keys(response.headers ?? {})) {
        const header = resolve(...path, 'headers', name);
        const text = answer.header(name);
        if (text === undefined) {
            assert.ok(!header.value.required, `${what}: ${name} is missing\n${answer}`);
            continue;
        }
        const value = header.value.schema.type === 'integer' ? Number(text) : text;
        validate(validatorAt(...header.path, 'schema'), value, `${what}: ${name}`, answer);
    }
    const described = new Set(Object.keys(response.headers ?? {}).map((name) => name.toLowerCase()));
    for (const name of answer.headers.keys()) {
        assert.ok(
            described.has(name) || generalHeaders.has(name),
            `${what}: header ${name} is not described\n${answer}`,
        );
    }
}

function checkProblem(answer, what) {
    assert.equal(answer.header('Content-Type'), 'application/problem+json', `${what}\n${answer}`);
    if (answer.body.length === 0) return; // to a HEAD
    const problem = answer.json();
    validate(validatorAt('components', 'schemas', 'Problem'), problem, what, answer);
    assert.equal(problem.status, answer.status, what);
}

/** Fails unless the document describes this answer to this request: path, method, status, type, headers and body. */
export function checkAnswer(method, path, answer) {
    const what = `${method} ${path} → ${answer.status}`;
    const template = templateOf(path);
    const methods = template === undefined ? [] : methodsOf(template);
    if (!methods.includes(method)) {
        const expected = template === undefined ? 404 : 405;
        assert.ok([expected, ...refusedEarly].includes(answer.status), `${what}: expected ${expected}\n${answer}`);
        checkProblem(answer, what);
        if (answer.status === 405) assert.deepEqual(answer.header('Allow')?.split(/, */).sort(), methods, what);
        return;
    }
    const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
    const { path: at, value: response } = resolve('paths', template, verb, 'responses', String(answer.status));
    assert.ok(response, `${what}: this status is not described\n${answer}`);
    checkHeaders(response, at, answer, what);
    checkBody(method, response.content, at, answer, what);
}

/** Whether the document lets this value be the JSON body of this call. */
export function acceptsBody(method, template, value) {
    return validatorAt(
        'paths',
        template,
        method.toLowerCase(),
        'requestBody',
        'content',
        'application/json',
        'schema',
    )(value);
}

/** Whether the document lets this text be the query parameter of this call. */
export function acceptsParameter(method, template, name, text) {
    const parameters = document.paths[template][method.toLowerCase()].parameters ?? [];
    const index = parameters.findIndex((parameter) => parameter.name === name);
    if (index < 0) return false;
    const { schema } = parameters[index];
    const values = schema.type === 'array' ? [text.split(',')] : /^-?\d+$/.test(text) ? [Number(text), text] : [text];
    return values.some(validatorAt('paths', template, method.toLowerCase(), 'parameters', index, 'schema'));
}
