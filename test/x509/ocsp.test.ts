import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultSignatureSchemes } from '../../src/crypto/defaults.ts';
import { concat } from '../../src/wire/bytes.ts';
import { TlsError } from '../../src/wire/error.ts';
import { parseCertificate } from '../../src/x509/certificate.ts';
import * as der from '../../src/x509/der-writer.ts';
import {
  checkOcspResponse,
  maxAgeWithoutNextUpdate,
  type OcspQuestion,
  ocspClockSkew,
  parseOcspResponse,
} from '../../src/x509/ocsp.ts';
import { ocspLimits, revocationReasons } from '../../src/x509/ocsp-response.ts';
import { oids } from '../../src/x509/oids.ts';
import { SignatureCache } from '../../src/x509/signatures.ts';
import { type Authority, type Credential, commonName, createAuthority, time } from '../support/issuer.ts';
import {
  changed,
  enumerated,
  generalizedTime,
  issueDelegate,
  type OcspOptions,
  ocspResponse,
  singleResponse,
} from '../support/ocsp.ts';

const hour = 3_600_000;
const now = Math.floor(Date.now() / 1000) * 1000;
const none = new Uint8Array(0);

const issuer = createAuthority({ name: 'Issuer' });
const stranger = createAuthority({ name: 'Stranger' });
const leaf = leafOf(issuer.issue({ dnsNames: ['a.example'] }));
const sibling = leafOf(issuer.issue({ dnsNames: ['b.example'] }));
const delegate = issueDelegate(issuer);

function leafOf({ chain }: Credential): Uint8Array {
  const [first] = chain;
  if (first === undefined) throw new Error('no certificate');
  return first;
}

function questionOf(certificate: Uint8Array, authority: Authority): OcspQuestion {
  return {
    certificate: parseCertificate(certificate),
    issuer: parseCertificate(authority.certificateDer),
    time: now,
    cache: new SignatureCache(0),
    schemes: defaultSignatureSchemes,
    crypto: undefined,
  };
}

const question = questionOf(leaf, issuer);

/** `good`, or the alert and the sentence. Nothing else may be thrown. */
function verdict(response: Uint8Array, asked: OcspQuestion = question): string {
  try {
    checkOcspResponse(parseOcspResponse(response), asked);
    return 'good';
  } catch (error) {
    expect(error).toBeInstanceOf(TlsError);
    return `${(error as TlsError).alert}: ${(error as TlsError).message}`;
  }
}

const refusedWith = (sentence: string) =>
  expect.stringMatching(new RegExp(`^bad_certificate_status_response: .*${sentence}`));

describe('a sound response passes', () => {
  const keyTypes = ['ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'ed25519', 'rsa-2048'] as const;
  const parties = keyTypes.map((keyType) => {
    const authority = createAuthority({ keyType });
    const responder = issueDelegate(authority, { keyType });
    return { authority, responder, certificate: leafOf(authority.issue()) };
  });

  test('of the issuer or its delegate, of any key, by name or key, under either hash (RFC 6960 §4.2.1)', () => {
    const options = fc.record({
      hash: fc.constantFrom('sha1', 'sha256'),
      responderID: fc.constantFrom('byName', 'byKey'),
      nextUpdate: fc.option(fc.integer({ min: now + 1000, max: now + 1e6 * hour }), { nil: undefined }),
    });
    const party = fc.constantFrom(...parties);
    fc.assert(
      fc.property(
        options,
        party,
        fc.boolean(),
        (given, { authority, responder, certificate }, byDelegate) => {
          const signed = byDelegate ? { ...given, delegate: responder } : given;
          const response = ocspResponse(authority, certificate, signed);
          expect(verdict(response, questionOf(certificate, authority))).toBe('good');
        },
      ),
      { numRuns: 60 },
    );
  });

  test('for an issuer that is a trust anchor and no certificate', () => {
    const { subject, publicKey, subjectPublicKeyInfo } = parseCertificate(issuer.certificateDer);
    const anchor = { subject, publicKey, subjectPublicKeyInfo };
    expect(verdict(ocspResponse(issuer, leaf), { ...question, issuer: anchor })).toBe('good');
  });

  test('and tells how long it is good, and who signed it', () => {
    const check = (options: OcspOptions) =>
      checkOcspResponse(parseOcspResponse(ocspResponse(issuer, leaf, options)), question);
    const nextUpdate = now + 5 * hour;
    expect(check({ nextUpdate })).toEqual({ expiresAt: nextUpdate, delegate: undefined });
    expect(check({ nextUpdate: undefined, thisUpdate: now }).expiresAt).toBe(now + maxAgeWithoutNextUpdate);
    expect(check({ delegate }).delegate?.der).toEqual(leafOf(delegate));
  });

  test('beside responses about others, and twice under both hashes if both are good', () => {
    const other = singleResponse(issuer, sibling, { status: { revokedAt: now } });
    const again = singleResponse(issuer, leaf, { hash: 'sha256', nextUpdate: now + 1000 });
    const bytes = ocspResponse(issuer, leaf, { otherResponses: [other, again] });
    expect(checkOcspResponse(parseOcspResponse(bytes), question).expiresAt).toBe(now + 1000);
    const contrary = singleResponse(issuer, leaf, { hash: 'sha256', status: { revokedAt: now } });
    expect(verdict(ocspResponse(issuer, leaf, { otherResponses: [contrary] }))).toContain(
      'certificate_revoked',
    );
  });

  test('with certificates beside it that nobody needs, and extensions that are not critical', () => {
    const nonce = der.sequence(der.oid('1.3.6.1.5.5.7.48.1.2'), der.octetString(der.octetString(none)));
    const extensions = der.explicit(1, der.sequence(nonce));
    const certs = [issuer.certificateDer, leafOf(stranger.issue())];
    const fields = { responseExtensions: extensions, singleExtensions: extensions };
    expect(verdict(ocspResponse(issuer, leaf, { certs, fields }))).toBe('good');
  });

  test('and is read in views, without copies', () => {
    const bytes = ocspResponse(issuer, leaf, { delegate });
    const { der: whole, tbs, signature, certs, responses } = parseOcspResponse(bytes);
    const views = [whole, tbs, signature, certs[0]?.der, responses[0]?.certID.issuerKeyHash];
    for (const view of views) expect(view?.buffer).toBe(bytes.buffer);
  });
});

describe('a response is refused', () => {
  const hash = (length: number) => der.octetString(new Uint8Array(length));
  const flip = (signature: Uint8Array) => changed(signature, 10);
  const algorithm = (oid: string) => der.sequence(der.oid(oid), der.nullValue());
  const issuedBy = (authority: Authority, options?: Parameters<typeof issueDelegate>[1]): OcspOptions => ({
    delegate: issueDelegate(authority, options),
  });
  const itself = issueDelegate(issuer);
  const criticalExtension = [{ oid: '1.2.3.4', critical: true, value: none }];

  const wrongs: readonly (readonly [what: string, options: OcspOptions, sentence: string])[] = [
    [
      'about another serial number (§3.2 (1))',
      { fields: { serialNumber: der.integer(7) } },
      'about the cert',
    ],
    ['under another issuer name (§4.1.1)', { fields: { issuerNameHash: hash(20) } }, 'about the certificate'],
    ['under another issuer key (§4.1.1)', { fields: { issuerKeyHash: hash(20) } }, 'about the certificate'],
    [
      'under a hash that is neither SHA-1 nor SHA-256',
      { fields: { hashAlgorithm: algorithm(oids['id-sha512']) } },
      'about the certificate',
    ],
    [
      'with a signature that does not hold (§3.2 (2))',
      { changeSignature: flip },
      'Issuer, found one that does not',
    ],
    [
      "with a delegate's that does not hold",
      { delegate, changeSignature: flip },
      'Responder, found one that does',
    ],
    [
      "with another's signature",
      { signingKey: stranger.keys.privateKey },
      'Issuer, found one that does not hold',
    ],
    [
      'with a signature by SHA-1',
      { fields: { signatureAlgorithm: algorithm(oids['ecdsa-with-SHA1']) } },
      'found ecdsa-with-SHA1',
    ],
    [
      'of somebody else by name (§3.2 (3))',
      { fields: { responderID: der.explicit(1, commonName('X')) } },
      'CN=Issuer or its delegate',
    ],
    ['of somebody else by key', { fields: { responderID: der.explicit(2, hash(20)) } }, 'or its delegate'],
    ['of a delegate whose certificate is missing', { delegate, certs: [] }, 'or its delegate'],
    ['of a delegate of another issuer (§4.2.2.2)', issuedBy(stranger), 'delegate of CN=Issuer'],
    [
      'of a delegate that another made in the issuer’s name',
      issuedBy(createAuthority({ name: 'Issuer' })),
      'by the key of CN=Issuer, found',
    ],
    [
      'of a delegate without id-kp-OCSPSigning',
      issuedBy(issuer, { extendedKeyUsage: [oids['id-kp-serverAuth'], oids.anyExtendedKeyUsage] }),
      'the purpose id-kp-OCSPSigning',
    ],
    [
      'of a delegate with no purpose at all',
      issuedBy(issuer, { omitExtensions: [oids['id-ce-extKeyUsage']] }),
      'the purpose id-kp-OCSPSigning',
    ],
    [
      'of a delegate that has expired',
      issuedBy(issuer, { notAfter: now - 1000 }),
      'expected a certificate valid',
    ],
    [
      'of a delegate not yet valid',
      issuedBy(issuer, { notBefore: now + 1000 }),
      'expected a certificate valid',
    ],
    [
      'of a delegate that may not sign',
      issuedBy(issuer, { keyUsage: ['keyAgreement'] }),
      'keyUsage with dig',
    ],
    [
      'of a delegate that is a CA',
      issuedBy(issuer, {
        extensions: [
          { oid: oids['id-ce-basicConstraints'], critical: true, value: der.sequence(der.boolean(true)) },
        ],
      }),
      'an end entity, found a CA',
    ],
    [
      'of a delegate with an unknown critical extension',
      issuedBy(issuer, { extensions: criticalExtension }),
      'found 1.2.3.4',
    ],
    [
      'of a delegate whose key cannot be read',
      issuedBy(issuer, {
        fields: {
          subjectPublicKeyInfo: der.sequence(algorithm('1.2.3'), der.bitString(new Uint8Array(9))),
        },
      }),
      'by the key of CN=Test OCSP Responder',
    ],
    ['that is not yet in force (§3.2 (5))', { thisUpdate: now + ocspClockSkew + 1000 }, 'from .* on'],
    ['that is no longer in force (§3.2 (6))', { nextUpdate: now }, 'found one until'],
    [
      'without nextUpdate when a day old (§4.2.2.1)',
      { nextUpdate: undefined, thisUpdate: now - maxAgeWithoutNextUpdate },
      'found one until',
    ],
    [
      'whose nextUpdate is before its thisUpdate (§2.4)',
      { thisUpdate: now + 2000, nextUpdate: now + 1000 },
      'nextUpdate after thisUpdate',
    ],
    ['that was signed in the future (§2.4)', { producedAt: now + ocspClockSkew + 1000 }, 'of the past'],
    ['whose responder does not know the certificate (§2.2)', { status: 'unknown' }, 'does not know'],
  ];

  test.each(wrongs)('%s', (_, options, sentence) => {
    expect(verdict(ocspResponse(issuer, leaf, options))).toEqual(refusedWith(sentence));
  });

  test('of a delegate that vouches for itself', () => {
    const bytes = ocspResponse(issuer, leafOf(itself), { delegate: itself });
    expect(verdict(bytes, questionOf(leafOf(itself), issuer))).toEqual(refusedWith('than itself'));
  });

  test('as revoked, with the time and the reason where it is sound and says so (§4.2.1)', () => {
    for (const [reason, name] of Object.entries(revocationReasons)) {
      const bytes = ocspResponse(issuer, leaf, { status: { revokedAt: now, reason: Number(reason) } });
      const at = new Date(now).toISOString().slice(0, 19);
      expect(verdict(bytes)).toMatch(new RegExp(`^certificate_revoked: .*revoked at ${at}Z \\(${name}\\)`));
    }
    expect(verdict(ocspResponse(issuer, leaf, { status: { revokedAt: now } }))).toContain(
      'certificate_revoked',
    );
  });

  test('as a bad response, and not as revoked, where somebody else says so', () => {
    const options = { status: { revokedAt: now }, signingKey: stranger.keys.privateKey };
    expect(verdict(ocspResponse(issuer, leaf, options))).toEqual(refusedWith('does not hold'));
  });

  test('exactly when thisUpdate is ahead of the clock, or nextUpdate is not (§3.2 (5), (6))', () => {
    const [thisUpdate, nextUpdate] = [now - 10 * hour, now + 10 * hour];
    const response = parseOcspResponse(
      ocspResponse(issuer, leaf, { producedAt: thisUpdate, thisUpdate, nextUpdate }),
    );
    const starts = thisUpdate - ocspClockSkew;
    const around = (moment: number) => fc.integer({ min: -2, max: 2 }).map((offset) => moment + offset);
    const moments = fc.oneof(around(starts), around(nextUpdate), fc.integer({ min: 0, max: 2 * now }));
    fc.assert(
      fc.property(moments, (moment) => {
        const check = () => checkOcspResponse(response, { ...question, time: moment });
        if (moment >= starts && moment < nextUpdate) expect(check().expiresAt).toBe(nextUpdate);
        else expect(check).toThrow(TlsError);
      }),
    );
  });

  test('never for a time that is none: that is a mistake of the caller', () => {
    const response = parseOcspResponse(ocspResponse(issuer, leaf));
    for (const moment of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => checkOcspResponse(response, { ...question, time: moment })).toThrow(RangeError);
    }
  });
});

describe('what is no OCSPResponse is refused', () => {
  const extension = (critical: boolean) =>
    der.explicit(1, der.sequence(der.sequence(der.oid('1.2.3.4'), der.boolean(critical), der.octetString())));
  const others = (count: number) =>
    new Array<Uint8Array>(count).fill(singleResponse(issuer, sibling, { nextUpdate: undefined }));
  const unsuccessful = (status: number): OcspOptions => ({
    fields: { responseStatus: enumerated(status), responseBytes: none },
  });

  const forms: readonly (readonly [what: string, options: OcspOptions, sentence: string])[] = [
    ['with the status malformedRequest (§4.2.1)', unsuccessful(1), 'found malformedRequest'],
    ['with the status internalError', unsuccessful(2), 'found internalError'],
    ['with the status tryLater', unsuccessful(3), 'found tryLater'],
    ['with a status that is not used', unsuccessful(4), 'ENUMERATED'],
    ['with the status sigRequired', unsuccessful(5), 'found sigRequired'],
    ['with the status unauthorized', unsuccessful(6), 'found unauthorized'],
    ['without responseBytes', { fields: { responseBytes: none } }, 'found the end'],
    ['of another type', { fields: { responseType: der.oid('1.2.3.4') } }, 'type 1.2.3.4'],
    [
      'with the version that is the default',
      { fields: { version: der.explicit(0, der.integer(0)) } },
      'tag 0xa1',
    ],
    ['of another version', { fields: { version: der.explicit(0, der.integer(1)) } }, 'tag 0xa1'],
    ['without responses', { fields: { responses: der.sequence() } }, 'at least one'],
    ['with too many responses', { otherResponses: others(ocspLimits.responses) }, 'at most 16 responses'],
    ['with too many certificates', { certs: new Array<Uint8Array>(5).fill(leaf) }, 'at most 4 certs'],
    ['with a broken certificate', { certs: [der.sequence()] }, 'certificate: '],
    ['with UTCTime', { fields: { producedAt: time(now) } }, 'GeneralizedTime'],
    [
      'with an impossible time',
      { fields: { thisUpdate: changed(generalizedTime(now), 6, 8) } },
      'as RFC 5280',
    ],
    ['with another status of the certificate', { fields: { certStatus: der.implicit(3, none) } }, 'tag 0x80'],
    ['with a good that is not empty', { fields: { certStatus: der.implicit(0, Uint8Array.of(0)) } }, 'empty'],
    ['with a reason that is not used', { status: { revokedAt: now, reason: 7 } }, 'ENUMERATED'],
    [
      'with a critical extension (§4.4)',
      { fields: { responseExtensions: extension(true) } },
      'found 1.2.3.4',
    ],
    [
      'with a critical one of a single response',
      { fields: { singleExtensions: extension(true) } },
      '1.2.3.4',
    ],
    [
      'with no extension where there are some',
      { fields: { singleExtensions: der.explicit(1, der.sequence()) } },
      'found the end',
    ],
  ];

  test.each(forms)('%s', (_, options, sentence) => {
    expect(verdict(ocspResponse(issuer, leaf, options))).toEqual(refusedWith(sentence));
  });

  test('beyond 64 KiB', () => {
    const length = (padding: number) => {
      const singleExtensions = der.explicit(
        1,
        der.sequence(der.sequence(der.oid('1.2.3.4'), der.octetString(new Uint8Array(padding)))),
      );
      return ocspResponse(issuer, leaf, { fields: { singleExtensions } });
    };
    expect(verdict(length(60_000))).toBe('good');
    expect(verdict(length(66_000))).toEqual(refusedWith('at most 65536 bytes'));
  });

  const sound = ocspResponse(issuer, leaf);
  const delegated = ocspResponse(issuer, leaf, { delegate });

  test('cut short or with anything behind its end', () => {
    for (let length = 0; length < sound.length; length++) {
      expect(verdict(sound.subarray(0, length))).toContain('bad_certificate_status_response');
    }
    expect(verdict(concat(sound, Uint8Array.of(0)))).toEqual(refusedWith('expected the end'));
  });

  test('with any byte changed, by the issuer or a delegate', () => {
    const change = fc.tuple(fc.constantFrom(sound, delegated), fc.nat(), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(change, ([bytes, position, difference]) => {
        const index = position % bytes.length;
        expect(verdict(changed(bytes, index, difference))).toContain('bad_certificate_status_response');
      }),
      { numRuns: 400 },
    );
  });

  test('whatever the bytes are', () => {
    const pieces = fc.array(fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constant(sound.subarray(0, 60))));
    fc.assert(
      fc.property(pieces, (parts) => {
        expect(verdict(concat(...parts))).toContain('bad_certificate_status_response');
      }),
    );
  });
});
