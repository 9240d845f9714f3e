// Answers questions about expressions with jsonata-js: one JSON text a line, as the answer to one.
//
//     TZ=UTC node oracle.js FOLDER < questions
//
// where FOLDER/node_modules has the package.
'use strict';
const path = require('path');
const readline = require('readline');

// The time is the start of 1970.
const Now = Date;
globalThis.Date = class extends Now {
    constructor(...parts) {
        super(...(parts.length === 0 ? [0] : parts));
    }
};

const jsonata = require(path.join(process.argv[2], 'node_modules/jsonata/jsonata.js'));

const NAMES = (
    'abs append assert average base64decode base64encode boolean ceil clone contains count decodeUrl ' +
    'decodeUrlComponent distinct each encodeUrl encodeUrlComponent error eval exists filter floor formatBase ' +
    'formatInteger formatNumber fromMillis join keys length lookup lowercase map match max merge min not number pad ' +
    'parseInteger power random reduce replace reverse round shuffle sift single sort split spread sqrt string ' +
    'substring substringAfter substringBefore sum toMillis trim type uppercase zip'
).split(' ');

// The functions of the language keep the name by which they were called last. Each question is to be the first.
let natives = [];
function forget() {
    for (const native of natives) {
        delete native.token;
        delete native.position;
    }
}

// Ends what is too deep on AWS, and what never ends.
function limit(parsed) {
    let depth = 0;
    let count = 0;
    parsed.assign(Symbol.for('jsonata.__evaluate_entry'), () => {
        if (++depth > 100 || ++count > 200_000) throw new Error('a limit');
    });
    parsed.assign(Symbol.for('jsonata.__evaluate_exit'), () => {
        depth--;
    });
}

class Unsupported extends Error {}

// A result as Step Functions writes it.
function written(value) {
    if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
    if (typeof value === 'function') throw new Unsupported();
    // Half a character is not JSON.
    if (typeof value === 'string') return value.toWellFormed();
    if (value === undefined) return null;
    if (value === null || typeof value !== 'object') return value;
    if (value._jsonata_function || value._jsonata_lambda) throw new Unsupported();
    if (Array.isArray(value)) return Array.from(value, written);
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    return Object.fromEntries(fields.map(([key, field]) => [key.toWellFormed(), written(field)]));
}

async function answer({ expression, document }) {
    forget();
    let parsed;
    try {
        parsed = jsonata(expression);
    } catch (error) {
        return { refused: error.code || null, message: error.code ? error.message.toWellFormed() : '' };
    }
    limit(parsed);
    try {
        const result = await parsed.evaluate(document);
        return result === undefined ? { nothing: true } : { value: written(result) };
    } catch (error) {
        if (error instanceof Unsupported) return { unsupported: true };
        return { failed: error.code || null, message: error.code ? error.message.toWellFormed() : '' };
    }
}

(async () => {
    natives = await Promise.all(NAMES.map((name) => jsonata(`$${name}`).evaluate()));
    for await (const line of readline.createInterface({ input: process.stdin })) {
        console.log(JSON.stringify(await answer(JSON.parse(line))));
    }
})();
