// Answers questions about expressions with jsonata-js: one JSON text a line, as the answer to one.
//
//     TZ=UTC node oracle.js FOLDER < questions
//
// where FOLDER/node_modules has the package.
'use strict';
const fs = require('fs');
const path = require('path');
const readline = require('readline');
const vm = require('vm');

const file = path.join(process.argv[2], 'node_modules/jsonata/jsonata.js');
const script = new vm.Script(`(function (exports, module, require) {${fs.readFileSync(file, 'utf8')}\n})`);

// Functions keep the name by which they were called last, so each question gets new ones.
function load() {
    const module = { exports: {} };
    script.runInThisContext()(module.exports, module, require);
    return module.exports;
}

class Unsupported extends Error {}

// A result as Step Functions writes it.
function written(value) {
    if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
    if (typeof value === 'function') throw new Unsupported();
    if (value === undefined) return null;
    if (value === null || typeof value !== 'object') return value;
    if (value._jsonata_function || value._jsonata_lambda) throw new Unsupported();
    if (Array.isArray(value)) return Array.from(value, written);
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    return Object.fromEntries(fields.map(([key, field]) => [key, written(field)]));
}

async function answer({ expression, document }) {
    const jsonata = load();
    let parsed;
    try {
        parsed = jsonata(expression);
    } catch (error) {
        return { refused: error.code || null, message: error.code ? error.message : '' };
    }
    try {
        const result = await parsed.evaluate(document);
        return result === undefined ? { nothing: true } : { value: written(result) };
    } catch (error) {
        if (error instanceof Unsupported) return { unsupported: true };
        return { failed: error.code || null, message: error.code ? error.message : '' };
    }
}

(async () => {
    for await (const line of readline.createInterface({ input: process.stdin })) {
        console.log(JSON.stringify(await answer(JSON.parse(line))));
    }
})();
