// The OpenAPI document by itself: lint, strictness, limits. Needs no running stack.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createConfig, lint } from '@redocly/openapi-core';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { document, documentFile } from './support/contract.mjs';

function* nodes(value, path = '#') {
    if (value === null || typeof value !== 'object') return;
    yield [path, value];
    for (const [key, child] of Object.entries(value)) {
        if (!['example', 'examples', 'const', 'enum'].includes(key)) yield* nodes(child, `${path}/${key}`);
    }
}

test('the linter finds nothing against its recommended rules', async () => {
    const rules = {
        'no-invalid-schema-examples': 'error',
        'no-invalid-parameter-examples': 'error',
        'no-invalid-media-type-examples': 'error',
        'no-required-schema-properties-undefined': 'error',
        'operation-description': 'off',
    };
    const config = await createConfig({ extends: ['recommended'], rules });
    const problems = await lint({ ref: fileURLToPath(documentFile), config });
    assert.deepEqual(
        problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`),
        [],
    );
});

test('every schema compiles in strict mode', () => {
    const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false });
    addFormats.default(ajv);
    for (const keyword of [...Object.keys(document), 'example', 'discriminator']) ajv.addKeyword(keyword);
    ajv.addSchema(document, 'openapi');
    for (const name of Object.keys(document.components.schemas))
        ajv.compile({ $ref: `openapi#/components/schemas/${name}` });
});

test('every object is closed', () => {
    // These three are closed where they are used, since a form adds a member.
    const open = ['NewText', 'NewImage', 'NewVideo'].map((name) => `#/components/schemas/${name}`);
    const loose = [...nodes(document)].filter(
        ([path, node]) =>
            node.type === 'object' &&
            !open.includes(path) &&
            node.additionalProperties !== false &&
            node.unevaluatedProperties !== false,
    );
    assert.deepEqual(
        loose.map(([path]) => path),
        [],
    );
});

test('every parameter and every body member has its limits', () => {
    const resolve = (schema) =>
        schema.$ref ? { ...document.components.schemas[schema.$ref.split('/').at(-1)], ...schema } : schema;
    const limited = (schema) => {
        const { type, anyOf, oneOf, items, ...rest } = resolve(schema);
        if (anyOf || oneOf) return (anyOf ?? oneOf).every(limited);
        if ('const' in rest || 'enum' in rest || type === 'boolean') return true;
        if (type === 'string') return rest.minLength !== undefined && rest.maxLength !== undefined;
        if (type === 'integer') return rest.minimum !== undefined && rest.maximum !== undefined;
        if (type === 'array') return rest.maxItems !== undefined && limited(items);
        return false;
    };
    const schemas = [...nodes(document.paths)]
        .filter(([path]) => /\/parameters\/\d+\/schema$/.test(path))
        .map(([path, node]) => [path, node]);
    for (const name of [
        'NewUser',
        'NewPassword',
        'Credentials',
        'FormCredentials',
        'NewText',
        'NewImage',
        'NewVideo',
    ]) {
        for (const [member, schema] of Object.entries(document.components.schemas[name].properties))
            schemas.push([`${name}.${member}`, schema]);
    }
    assert.deepEqual(
        schemas.filter(([, schema]) => !limited(schema)).map(([path]) => path),
        [],
    );
    assert.ok(schemas.length > 20);
});

test('every failure is a problem with an example, and names a type of its status', () => {
    for (const [name, response] of Object.entries(document.components.responses)) {
        const media = response.content['application/problem+json'];
        const examples = media.example ? [media.example] : Object.values(media.examples).map(({ value }) => value);
        const types = media.schema.properties.type.enum ?? [media.schema.properties.type.const];
        assert.deepEqual(
            examples.map(({ type }) => type),
            types,
            name,
        );
        for (const { status } of examples) assert.equal(status, media.schema.properties.status.const, name);
    }
    for (const [path, item] of Object.entries(document.paths)) {
        for (const method of ['get', 'put', 'post', 'patch', 'delete'].filter((name) => item[name])) {
            for (const [status, response] of Object.entries(item[method].responses)) {
                if (Number(status) >= 400)
                    assert.match(response.$ref, /^#\/components\/responses\//, `${method} ${path} ${status}`);
            }
        }
    }
});
