/** What OpenSSL says of a hello that it refuses, and the same hello without that. */

import { extensions as table } from '../../src/handshake/extensions.ts';
import type { ClientHello } from '../../src/handshake/messages.ts';
import { extension, plain, withExtension, without } from './hellos.ts';

const { server_name, status_request, supported_groups, ec_point_formats } = table;
const { signature_algorithms, supported_versions, renegotiation_info } = table;
const alpn = table.application_layer_protocol_negotiation;

/** OpenSSL’s words for all that is wrong with a version. */
export const versionRefusal = /early_post_process_client_hello:(?!.*compression)/;

/** The extensions by the names of the functions in which OpenSSL reads them. */
const opensslExtensions = {
  server_name: server_name.type,
  status_request: status_request.type,
  supported_groups: supported_groups.type,
  ec_pt_formats: ec_point_formats.type,
  sig_algs: signature_algorithms.type,
  alpn: alpn.type,
} as const;

/** The hello without what OpenSSL refused it for; undefined where that has no remedy. */
export function mend(hello: ClientHello, why: string): ClientHello | undefined {
  if (versionRefusal.test(why)) {
    return hello.clientVersion === 0x0303
      ? without(hello, supported_versions.type)
      : { ...hello, clientVersion: 0x0303 };
  }
  if (/compression/.test(why)) return { ...hello, compressionMethods: [0] };
  if (/no shared cipher|(suitable|shared) signature/.test(why)) {
    const suited = { ...hello, cipherSuites: plain.cipherSuites };
    return [supported_groups, signature_algorithms].reduce(
      (mended, { type }) => withExtension(mended, type, extension(plain, type)),
      suited,
    );
  }
  const [, parsed = ''] = /tls_parse_ctos_(\w+):bad extension/.exec(why) ?? [];
  if (Object.hasOwn(opensslExtensions, parsed)) {
    return without(hello, opensslExtensions[parsed as keyof typeof opensslExtensions]);
  }
  if (/no application protocol/.test(why)) return without(hello, alpn.type);
  if (/renegotiation mismatch/.test(why)) return without(hello, renegotiation_info.type);
  if (/collect_extensions:bad extension/.test(why)) {
    const list = hello.extensions?.filter(
      ({ extensionType: type }, i, all) => i === all.findIndex((each) => each.extensionType === type),
    );
    return { ...hello, extensions: list };
  }
  return undefined;
}
