import { constants, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCertificate } from '../../src/x509/certificate.ts';
import { Tag } from '../../src/x509/der.ts';
import * as der from '../../src/x509/der-writer.ts';
import { oids } from '../../src/x509/oids.ts';
import { type Rule, rules } from '../../src/x509/refusals.ts';
import { createCertificateVerifier, type VerifierOptions } from '../../src/x509/verifier.ts';
import {
  type Authority,
  type AuthorityOptions,
  type CertificateOptions,
  createAuthority,
  critical,
  extension,
  type KeyType,
  keyPair,
} from '../support/issuer.ts';
import { newRsaKeyPair } from '../support/key-pairs.ts';
import { counting, host, ruleOf, show, verifier } from '../support/verdicts.ts';

const day = 86_400_000;

/** What each certificate of a path is issued with: the root, the intermediates downwards, the leaf. */
interface Plan {
  readonly root: AuthorityOptions;
  readonly intermediates: readonly AuthorityOptions[];
  readonly leaf: CertificateOptions;
}

function issue({ root, intermediates, leaf }: Plan): { root: Authority; chain: Uint8Array[] } {
  const top = createAuthority(root);
  let issuer = top;
  for (const [i, options] of intermediates.entries()) {
    const keys = keyPair(options.keyType ?? 'ecdsa-p256', `intermediate ${i}`);
    issuer = issuer.issueAuthority({ name: `Intermediate ${i}`, keys, ...options });
  }
  return { root: top, chain: issuer.issue({ dnsNames: [host], ...leaf }).chain };
}

const keyType = fc.constantFrom<KeyType>('ecdsa-p256', 'ecdsa-p384', 'ed25519', 'rsa-2048');
const plan: fc.Arbitrary<Plan> = fc.record({
  root: fc.record({ keyType }),
  intermediates: fc.array(fc.record({ keyType }), { maxLength: 3 }),
  leaf: fc.record({ keyType }),
});

const permitting = (name: string) =>
  critical(
    'id-ce-nameConstraints',
    der.sequence(der.element(0xa0, der.sequence(der.implicit(2, new TextEncoder().encode(name))))),
  );
const excluding = (name: string) =>
  critical(
    'id-ce-nameConstraints',
    der.sequence(der.element(0xa1, der.sequence(der.implicit(2, new TextEncoder().encode(name))))),
  );
const sha1 = der.sequence(der.oid(oids['ecdsa-with-SHA1']));
const md5 = der.sequence(der.oid(oids.md5WithRSAEncryption), der.nullValue());
const unknown = { oid: '1.3.6.1.4.1.55738.1', value: der.nullValue() };
const spoil = (signature: Uint8Array) =>
  signature.map((byte, i) => (i === signature.length - 1 ? byte ^ 1 : byte));
const shortKeys = newRsaKeyPair(1024);

/** One thing that is wrong with one certificate, by where it may stand, and the rule that is to refuse it. */
interface Breach {
  readonly title: string;
  readonly rule: Rule;
  readonly at: readonly ('root' | 'intermediate' | 'leaf')[];
  readonly options: CertificateOptions;
}

const anywhere = ['root', 'intermediate', 'leaf'] as const;
const below = ['intermediate', 'leaf'] as const;
const issuers = ['root', 'intermediate'] as const;

const breaches: readonly Breach[] = [
  {
    title: 'a certificate that has expired (RFC 5280 §6.1.3 (a)(2))',
    rule: 'validity',
    at: anywhere,
    options: { notBefore: Date.now() - 9 * day, notAfter: Date.now() - day },
  },
  {
    title: 'a certificate that is not valid yet (RFC 5280 §6.1.3 (a)(2))',
    rule: 'validity',
    at: anywhere,
    options: { notBefore: Date.now() + day },
  },
  {
    title: 'a signature that does not hold (RFC 5280 §6.1.3 (a)(1))',
    rule: 'signature',
    at: below,
    options: { changeSignature: spoil },
  },
  {
    title: 'a signature with SHA-1',
    rule: 'signature-algorithm',
    at: below,
    options: { fields: { signature: sha1 }, signatureAlgorithm: sha1 },
  },
  {
    title: 'a signature with MD5',
    rule: 'signature-algorithm',
    at: below,
    options: { fields: { signature: md5 }, signatureAlgorithm: md5 },
  },
  {
    title: 'an RSA key of 1024 bits (RFC 9325 §4.5)',
    rule: 'public-key',
    at: anywhere,
    options: { keys: shortKeys },
  },
  {
    title: 'an issuer that is no CA (RFC 5280 §6.1.4 (k))',
    rule: 'basic-constraints',
    at: issuers,
    options: { extensions: [critical('id-ce-basicConstraints', der.sequence())] },
  },
  {
    title: 'an issuer without basicConstraints (RFC 5280 §6.1.4 (k))',
    rule: 'basic-constraints',
    at: issuers,
    options: { omitExtensions: [oids['id-ce-basicConstraints']] },
  },
  {
    title: 'an issuer that may not sign certificates (RFC 5280 §6.1.4 (n))',
    rule: 'key-usage',
    at: issuers,
    options: { keyUsage: ['cRLSign', 'digitalSignature'] },
  },
  {
    title: 'another purpose, an issuer’s too (RFC 5280 §4.2.1.12)',
    rule: 'extended-key-usage',
    at: below,
    options: { extendedKeyUsage: [oids['id-kp-clientAuth']] },
  },
  {
    title: 'a critical extension that is unknown (RFC 5280 §4.2)',
    rule: 'critical-extension',
    at: anywhere,
    options: { extensions: [{ ...unknown, critical: true }] },
  },
  {
    title: 'names outside of what an issuer permits (RFC 5280 §6.1.3 (b))',
    rule: 'name-constraints',
    at: issuers,
    options: { extensions: [permitting('other.example')] },
  },
  {
    title: 'names that an issuer excludes (RFC 5280 §6.1.3 (c))',
    rule: 'name-constraints',
    at: issuers,
    options: { extensions: [excluding('host.example')] },
  },
  {
    title: 'name constraints that are malformed (RFC 5280 §4.2.1.10)',
    rule: 'malformed',
    at: issuers,
    options: { extensions: [permitting('*.example')] },
  },
  {
    title: 'an explicit policy that is required (RFC 5280 §6.1.5)',
    rule: 'policy',
    at: anywhere,
    options: {
      extensions: [critical('id-ce-policyConstraints', der.sequence(der.implicit(0, Uint8Array.of(0))))],
    },
  },
  {
    title: 'no key identifier of the issuer (RFC 5280 §4.2.1.1)',
    rule: 'profile',
    at: below,
    options: { omitExtensions: [oids['id-ce-authorityKeyIdentifier']] },
  },
  {
    title: 'a CA without a key identifier (RFC 5280 §4.2.1.2)',
    rule: 'profile',
    at: issuers,
    options: { omitExtensions: [oids['id-ce-subjectKeyIdentifier']] },
  },
  {
    title: 'basicConstraints of a CA that are not critical (RFC 5280 §4.2.1.9)',
    rule: 'profile',
    at: anywhere,
    options: { extensions: [extension('id-ce-basicConstraints', der.sequence(der.boolean(true)))] },
  },
  {
    title: 'a key identifier that is malformed (RFC 5280 §4.2.1.2)',
    rule: 'malformed',
    at: anywhere,
    options: { extensions: [extension('id-ce-subjectKeyIdentifier', der.nullValue())] },
  },
  {
    title: 'a key identifier of the issuer that is malformed (RFC 5280 §4.2.1.1)',
    rule: 'malformed',
    at: anywhere,
    options: { extensions: [extension('id-ce-authorityKeyIdentifier', der.nullValue())] },
  },
  {
    title: 'another name (RFC 9525 §6)',
    rule: 'host-name',
    at: ['leaf'],
    options: { dnsNames: ['www.other.example'] },
  },
];

/** A plan with the breach put into one of the places where it may stand. */
function broken({ at, options }: Breach): fc.Arbitrary<Plan & { readonly broken: string }> {
  return plan.chain(({ root, intermediates, leaf }) => {
    const places = [
      ...(at.includes('root') ? [-1] : []),
      ...(at.includes('intermediate') ? intermediates.keys() : []),
      ...(at.includes('leaf') ? [intermediates.length] : []),
    ];
    return fc.constantFrom(...places.slice(0, 4)).map((place) => ({
      root: place === -1 ? { ...root, ...options } : root,
      intermediates: intermediates.map((one, i) => (i === place ? { ...one, ...options } : one)),
      leaf: place === intermediates.length ? { ...leaf, ...options } : leaf,
      broken: `${place}`,
    }));
  });
}

describe('a path', () => {
  test('of any length and keys is valid where no rule is broken (RFC 5280 §6)', () => {
    fc.assert(
      fc.property(plan, (plan) => {
        const { root, chain } = issue(plan);
        expect(verifier(root)(show(chain))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test('is found in any order, with the root and strangers among it (RFC 4158 §2)', () => {
    const strangers = createAuthority({ name: 'Stranger' });
    const extra = [
      strangers.certificateDer,
      strangers.issueAuthority().certificateDer,
      Uint8Array.of(0x30, 0),
    ];
    const heap = plan.chain((plan) => {
      const { root, chain } = issue(plan);
      const others = [...chain.slice(1), root.certificateDer, ...extra];
      return fc
        .shuffledSubarray(others, { minLength: others.length })
        .map((shuffled) => ({ root, chain: [...chain.slice(0, 1), ...shuffled] }));
    });
    fc.assert(
      fc.property(heap, ({ root, chain }) => {
        expect(verifier(root)(show(chain))).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  for (const breach of breaches) {
    test(`is refused for ${breach.title}, wherever it stands`, () => {
      fc.assert(
        fc.property(broken(breach), (plan) => {
          const { root, chain } = issue(plan);
          const verdict = verifier(root)(show(chain));
          expect([ruleOf(verdict), verdict]).toEqual([breach.rule, verdict]);
          expect(verdict).toHaveProperty('alert', rules[breach.rule].alert);
        }),
        { numRuns: 15 },
      );
    });
  }

  test('is refused without its anchor, and with another of the same name (RFC 5280 §6.1)', () => {
    const { chain } = issue({ root: {}, intermediates: [{}], leaf: {} });
    expect(ruleOf(verifier(createAuthority({ name: 'Another' }))(show(chain)))).toBe('trust-anchor');
    expect(ruleOf(verifier(createAuthority())(show(chain)))).toBe('signature');
    expect(verifier(createAuthority({ name: 'Another' }))(show(chain))).toHaveProperty('alert', 'unknown_ca');
  });

  test('is as long as each pathLenConstraint allows, whoever sets it (RFC 5280 §4.2.1.9)', () => {
    const lengths = fc.record({ count: fc.nat(3), setter: fc.nat(3), limit: fc.nat(3) });
    fc.assert(
      fc.property(lengths, ({ count, setter, limit }) => {
        fc.pre(setter <= count);
        const constrained = (place: number) => (place === setter ? { pathLenConstraint: limit } : {});
        const { root, chain } = issue({
          root: constrained(0),
          intermediates: Array.from({ length: count }, (_, i) => constrained(i + 1)),
          leaf: {},
        });
        const expected = count - setter <= limit ? 'valid' : 'path-length';
        expect(ruleOf(verifier(root)(show(chain)))).toBe(expected);
      }),
      { numRuns: 40 },
    );
  });

  test('is longer by those who are self-issued, which do not count (RFC 5280 §6.1.4 (l))', () => {
    const root = createAuthority({ name: 'Renewed', pathLenConstraint: 0 });
    const renewed = root.issueAuthority({ name: 'Renewed' });
    const { chain } = renewed.issue({ dnsNames: [host] });
    expect(verifier(root, { limits: { intermediates: 0 } })(show(chain))).toBe(true);
    const { chain: longer } = renewed.issueAuthority({ name: 'Below' }).issue({ dnsNames: [host] });
    expect(ruleOf(verifier(root)(show(longer)))).toBe('path-length');
  });

  test('takes the way that is open: an expired cross-certificate beside a good one (RFC 4158 §1.5)', () => {
    const old = createAuthority({ name: 'Old' });
    const root = createAuthority({ name: 'New' });
    const crossed = old.issueAuthority({ name: 'New', keys: root.keys, notAfter: Date.now() - day });
    const [leaf = new Uint8Array()] = root.issue({ dnsNames: [host] }).chain;
    const both = [old.certificateDer, root.certificateDer];
    const shown = show([leaf, crossed.certificateDer]);
    expect(createCertificateVerifier({ trustAnchors: both })(shown)).toBe(true);
    const verdict = createCertificateVerifier({ trustAnchors: old.certificateDer })(shown);
    expect([ruleOf(verdict), verdict !== true && verdict.message.includes('CN=New')]).toEqual([
      'validity',
      true,
    ]);
  });

  test('ends in the anchor whose key it names, however many anchors bear the name (RFC 5280 §4.2.1.1)', () => {
    const renewals = Array.from({ length: 20 }, () => createAuthority({ name: 'Renewed' }));
    const verify = createCertificateVerifier({
      trustAnchors: renewals.map(({ certificateDer }) => certificateDer),
    });
    for (const root of renewals) expect(verify(show(root.issue({ dnsNames: [host] }).chain))).toBe(true);
  });

  test('binds a client to clientAuth, and to no name of a host (RFC 5280 §4.2.1.12)', () => {
    const root = createAuthority();
    const chainFor = (purpose: 'id-kp-serverAuth' | 'id-kp-clientAuth') =>
      root.issue({ commonName: 'alice', extendedKeyUsage: [oids[purpose]] }).chain;
    const asClient = { peer: 'client', serverName: undefined } as const;
    expect(verifier(root)(show(chainFor('id-kp-clientAuth'), asClient))).toBe(true);
    expect(ruleOf(verifier(root)(show(chainFor('id-kp-serverAuth'), asClient)))).toBe('extended-key-usage');
  });

  test('is never trusted for a server that has no name, unless that is allowed (RFC 9525 §6.1)', () => {
    const { root, chain } = issue({ root: {}, intermediates: [], leaf: {} });
    const nameless = show(chain, { serverName: undefined });
    expect(ruleOf(verifier(root)(nameless))).toBe('host-name');
    expect(verifier(root, { allowAnyServerName: true })(nameless)).toBe(true);
  });

  test('is valid through the second of notAfter and no longer (RFC 5280 §4.1.2.5)', () => {
    const [notBefore, notAfter] = [Date.UTC(2030, 0, 1), Date.UTC(2030, 5, 1)];
    const root = createAuthority({ notAfter: Date.UTC(2040, 0, 1) });
    const { chain } = root.issue({ dnsNames: [host], notBefore, notAfter });
    const at = (time: number) => ruleOf(verifier(root)(show(chain, { time })));
    expect([at(notBefore), at(notAfter), at(notAfter + 999)]).toEqual(['valid', 'valid', 'valid']);
    const none = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.MAX_VALUE];
    for (const time of [notBefore - 1, notAfter + 1000, -1, ...none]) {
      expect([time, at(time)]).toEqual([time, 'validity']);
    }
  });

  test('ends in a refusal that says which certificate, what was expected and which RFC says so', () => {
    const { root, chain } = issue({ root: {}, intermediates: [{ keyUsage: ['cRLSign'] }], leaf: {} });
    expect(verifier(root)(show(chain))).toEqual({
      rule: 'key-usage',
      alert: 'bad_certificate',
      message:
        'certificate of CN=Intermediate 0: expected keyCertSign in the keyUsage of a CA (RFC 5280 §6.1.4 (n))',
    });
  });
});

describe('a trust anchor', () => {
  const root = createAuthority();
  const { chain } = root.issue({ dnsNames: [host] });
  const { subject, subjectPublicKeyInfo } = parseCertificate(root.certificateDer);
  const named = { name: subject.der, publicKey: subjectPublicKeyInfo };

  test('is a certificate in PEM or DER, or a name with a key (RFC 5914 §2)', () => {
    for (const trustAnchors of [root.certificatePem, root.certificateDer, [root.certificatePem], named]) {
      expect(createCertificateVerifier({ trustAnchors })(show(chain))).toBe(true);
    }
  });

  test('that is a name with a key may constrain names (RFC 5914 §2.4)', () => {
    const trustAnchors = { ...named, nameConstraints: permitting('other.example').value };
    expect(ruleOf(createCertificateVerifier({ trustAnchors })(show(chain)))).toBe('name-constraints');
    const fits = { ...named, nameConstraints: permitting('host.example').value };
    expect(createCertificateVerifier({ trustAnchors: fits })(show(chain))).toBe(true);
  });

  test('may be the peer’s own certificate, which then needs no issuer', () => {
    const own = createAuthority({ name: 'Own', dnsNames: [host] });
    expect(verifier(own)(show([own.certificateDer]))).toBe(true);
    expect(ruleOf(verifier(own)(show([own.certificateDer], { serverName: 'other.example' })))).toBe(
      'host-name',
    );
  });

  test('that is none is refused when it is given, and so is a limit that bounds nothing', () => {
    const wrong = [[], 'no PEM', new Uint8Array(9), { ...named, publicKey: new Uint8Array(9) }];
    for (const trustAnchors of wrong) {
      expect(() => createCertificateVerifier({ trustAnchors })).toThrow(RangeError);
    }
    for (const count of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      for (const options of [{ limits: { signatures: count } }, { signatureCacheSize: count }]) {
        expect(() => createCertificateVerifier({ trustAnchors: named, ...options })).toThrow(RangeError);
      }
    }
    expect(() => createCertificateVerifier({ trustAnchors: 7 as unknown as string })).toThrow(TypeError);
  });

  test('is asked for in each encoding that anchors have for a name, and once in each (RFC 5246 §7.4.4)', () => {
    const commonNameIn = (tag: number, text: string) =>
      der.sequence(
        der.setOf(
          der.sequence(der.oid(oids['id-at-commonName']), der.element(tag, new TextEncoder().encode(text))),
        ),
      );
    const subjects = [
      commonNameIn(Tag.UTF8String, 'One'),
      commonNameIn(Tag.PrintableString, 'One'),
      commonNameIn(Tag.PrintableString, 'ONE'),
      commonNameIn(Tag.UTF8String, 'Two'),
    ];
    const trustAnchors = [...subjects, ...subjects].map((name) => ({ ...named, name }));
    expect(createCertificateVerifier({ trustAnchors }).authorities).toEqual(subjects);
  });

  test('changes the digest of the trust, as does all that decides, but not the order (rules S19, C9)', () => {
    const other = createAuthority().certificateDer;
    const digest = (options: VerifierOptions) => createCertificateVerifier(options).digest;
    const anchors = [root.certificateDer, other];
    expect(digest({ trustAnchors: anchors })).toEqual(digest({ trustAnchors: [...anchors].reverse() }));
    const variants: VerifierOptions[] = [
      { trustAnchors: anchors },
      { trustAnchors: other },
      { trustAnchors: named },
      { trustAnchors: { ...named, nameConstraints: permitting('host.example').value } },
      { trustAnchors: anchors, profile: 'path' },
      { trustAnchors: anchors, allowAnyServerName: true },
      { trustAnchors: anchors, limits: { intermediates: 2 } },
    ];
    expect(new Set(variants.map((options) => String(digest(options)))).size).toBe(variants.length);
  });
});

describe('a profile', () => {
  test('is asked for by name, and `path` asks for no more than RFC 5280 §6 does', () => {
    const root = createAuthority();
    const plain = root.issue({
      dnsNames: [host],
      omitExtensions: [oids['id-ce-authorityKeyIdentifier'], oids['id-ce-subjectKeyIdentifier']],
      serialNumber: 0n,
    });
    const { extendedKeyUsage: purposes } = parseCertificate(plain.chain[0] ?? new Uint8Array());
    const strict = root.issue({
      dnsNames: [host],
      extensions: [critical('id-ce-extKeyUsage', der.sequence(...(purposes ?? []).map(der.oid)))],
    });
    const results = (['path', 'rfc5280', 'webpki'] as const).map((profile) =>
      [plain, strict].map(({ chain }) => ruleOf(verifier(root, { profile })(show(chain)))),
    );
    expect(results).toEqual([
      ['valid', 'valid'],
      ['profile', 'valid'],
      ['profile', 'profile'],
    ]);
    expect(() => verifier(root, { profile: 'none' as 'path' })).toThrow(RangeError);
  });
});

describe('RSASSA-PSS', () => {
  const root = createAuthority({ keyType: 'rsa-2048' });
  const hashOid = { sha1: '1.3.14.3.2.26', sha256: oids['id-sha256'], sha384: oids['id-sha384'] };
  const hashId = (hash: keyof typeof hashOid) => der.sequence(der.oid(hashOid[hash]), der.nullValue());
  const identifier = (hash: keyof typeof hashOid, mgf: keyof typeof hashOid, salt: number) =>
    der.sequence(
      der.oid(oids['id-RSASSA-PSS']),
      der.sequence(
        der.explicit(0, hashId(hash)),
        der.explicit(1, der.sequence(der.oid(oids['id-mgf1']), hashId(mgf))),
        der.explicit(2, der.integer(salt)),
      ),
    );
  const signed = (algorithm: Uint8Array, hash: string, saltLength: number): Uint8Array => {
    const options = { dnsNames: [host], fields: { signature: algorithm }, signatureAlgorithm: algorithm };
    const { tbs } = parseCertificate(root.issue(options).chain[0] ?? new Uint8Array());
    const key = { key: root.keys.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
    return der.sequence(tbs, algorithm, der.bitString(new Uint8Array(sign(hash, tbs, key))));
  };

  test('holds with the hash and salt that its parameters name (RFC 4055 §3.1)', () => {
    for (const [hash, salt] of [
      ['sha256', 32],
      ['sha384', 48],
      ['sha256', 20],
      ['sha256', 0],
    ] as const) {
      const chain = [signed(identifier(hash, hash, salt), hash, salt)];
      expect(verifier(root)(show(chain))).toBe(true);
    }
    const other = [signed(identifier('sha256', 'sha256', 20), 'sha256', 32)];
    expect(ruleOf(verifier(root)(show(other)))).toBe('signature');
  });

  test('with two hashes, with SHA-1, or with none named, which means SHA-1, is refused (RFC 4055 §3.1)', () => {
    const unnamed = der.sequence(der.oid(oids['id-RSASSA-PSS']), der.sequence());
    for (const algorithm of [
      identifier('sha256', 'sha384', 32),
      identifier('sha1', 'sha1', 20),
      unnamed,
      der.sequence(der.oid(oids['id-RSASSA-PSS'])),
    ]) {
      const chain = [signed(algorithm, 'sha256', 32)];
      expect(ruleOf(verifier(root)(show(chain)))).toBe('signature-algorithm');
    }
  });
});

describe('a signature that held', () => {
  test('is not verified again, and the rest of the path is: validity at each new time', () => {
    const { crypto, count } = counting();
    const { root, chain } = issue({
      root: {},
      intermediates: [{}],
      leaf: { notAfter: Date.now() + 5 * day },
    });
    const verify = verifier(root, { crypto });
    expect([verify(show(chain)), verify(show(chain)), count()]).toEqual([true, true, 2]);
    expect(ruleOf(verify(show(chain, { time: Date.now() + 6 * day })))).toBe('validity');
    expect(ruleOf(verify(show(chain, { serverName: 'other.example' })))).toBe('host-name');
  });

  test('says nothing of one that did not, however often it is shown', () => {
    const { crypto, count } = counting();
    const { root, chain } = issue({ root: {}, intermediates: [], leaf: { changeSignature: spoil } });
    const verify = verifier(root, { crypto });
    expect([ruleOf(verify(show(chain))), ruleOf(verify(show(chain))), count()]).toEqual([
      'signature',
      'signature',
      2,
    ]);
  });

  test('is forgotten when others were used since: the memory is bounded', () => {
    const { crypto, count } = counting();
    const root = createAuthority();
    const [first = [], second = [], third = []] = [0, 1, 2].map(() => root.issue({ dnsNames: [host] }).chain);
    const verify = verifier(root, { crypto, signatureCacheSize: 2 });
    for (const chain of [first, second, first, third, first]) expect(verify(show(chain))).toBe(true);
    expect(count()).toBe(3);
    expect([verify(show(second)), count()]).toEqual([true, 4]);
    const none = verifier(root, { crypto, signatureCacheSize: 0 });
    expect([none(show(first)), none(show(first)), count()]).toEqual([true, true, 6]);
  });
});
