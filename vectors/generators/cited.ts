/**
 * Known answers that others published: facts, cited with their source, and computed nowhere here.
 */

import type { HashName } from '../../test/support/tls-reference.ts';

interface Cited {
  readonly source: string;
  readonly hash: HashName;
}

export interface CitedPrf extends Cited {
  readonly label: string;
  readonly secret: string;
  readonly seed: string;
  readonly output: string;
}

const mailingList =
  'The mailing list of the IETF TLS working group, 2009, "Test vectors for the TLS 1.2 PRF"';

export const publicPrf: readonly CitedPrf[] = [
  {
    source: mailingList,
    hash: 'SHA-256',
    label: 'test label',
    secret: '9bbe436ba940f017b17652849a71db35',
    seed: 'a0ba9f936cda311827a6f796ffd5198c',
    output:
      'e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66',
  },
  {
    source: mailingList,
    hash: 'SHA-384',
    label: 'test label',
    secret: 'b80b733d6ceefcdc71566ea48e5567df',
    seed: 'cd665cf6a8447dd6ff8b27555edb7465',
    output:
      '7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b1233c9146a0e534cb400fed2700884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d9184259b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee691c8f3a26854308d5eaa3be85e0990703d73e56f',
  },
];

export interface CitedMasterSecret extends Cited {
  readonly pre_master_secret: string;
  readonly client_random?: string;
  readonly server_random?: string;
  readonly session_hash?: string;
  readonly master_secret: string;
}

export const publicMasterSecrets: readonly CitedMasterSecret[] = [
  {
    source: acvp('kdf-components, revision 1.0, vector set 402336, test case 31'),
    hash: 'SHA-256',
    pre_master_secret:
      'c31daa163c74f03658ad24ecacca8d8f6767b7bffbe2e080ca8333ef7879af470c7d95602cb32e21760edbbac22b4119',
    client_random: 'd6b446beff422002231fd0cad39c4bc769b613f8d94260bde698327ffed4c280',
    server_random: '762799f05efbb0a2aff9490dca750b39225fd3e28beee4f45de869e3fd7a1ec3',
    master_secret:
      '6b5df30b98de21c859ecad5cef5b5d06cd7164d6a25d58a411fa641c1e834636cffd0945a6680eb85c66aeb96035150d',
  },
  {
    source: acvp('kdf-components, revision 1.0, vector set 402336, test case 51'),
    hash: 'SHA-384',
    pre_master_secret:
      'd721559bac42fc4aafb059d47b0413d0949fd210de775c2fa7ecffc237f65446ee048d1c7bf2e62df93b573f3e6e1ccc',
    client_random: 'd90b3fbdc5ec47a4ed19888808ab5d465be95ce0e20fc630cc7d0f69e6b5b59e',
    server_random: 'f10fb7232241c79c164f18aa3d66e712edcfcd4a0e4b3896c02ab91c5a3f9f3b',
    master_secret:
      '60bcfd15b777cc790789ef68a2852d6a86d76cfa063c3d77e6f80d070b4ae9d26af19d70074e6627436a58bc59ab0261',
  },
  {
    source: acvp('TLS-v1.2 KDF, revision RFC7627, vector set 1586642, test case 11'),
    hash: 'SHA-256',
    pre_master_secret:
      '23c9d8d88575378f5f8009bb596be6815f5d96a3b633467712e1a22405a73482192ec19f5b1273832cb9663e7e66cb28',
    session_hash: '9f395b2cec7548b4785dd555b9d9b315ec880233f70654e986366248fd766cc4',
    master_secret:
      '3a43bb93200224518942279b01cbe0c04398c6da15232bfb4790b52f15fa563048360312c9958e788c74a19a2f16465e',
  },
  {
    source: acvp('TLS-v1.2 KDF, revision RFC7627, vector set 1586642, test case 31'),
    hash: 'SHA-384',
    pre_master_secret:
      '86d4c4505eb4b275bddbd62f7a368638427bf2cd4341b575ae00a7f34e06088e3af6dd916898e28078bf4656a204c2cd',
    session_hash:
      'fab73aa9d9b80f3d7acaceff0eb2bae0b15ea2f240d9492db70b7ba70b3055678eaa7b05a02c56c22648bd77acf2be91',
    master_secret:
      '0020134a8a8a830082674842e91bd090e695f06685298ff2fe4fc6598fd0ce2f2920faf1127b6f6745f33527a9c6a131',
  },
];

function acvp(where: string): string {
  return `NIST ACVP, ${where}; in the public domain`;
}
