/** All the stacks that Reprise is held against by their own commands. */

import { botan } from './botan.ts';
import { chromium } from './chromium.ts';
import { curl } from './curl.ts';
import { gnutls } from './gnutls.ts';
import { haproxyPeer } from './haproxy.ts';
import { jsse } from './jsse.ts';
import { nginxPeer } from './nginx.ts';
import { nss } from './nss.ts';
import { openssl } from './openssl.ts';
import type { Peer } from './peer.ts';
import { stunnelPeer } from './stunnel.ts';

export const peers: readonly Peer[] = [
  openssl,
  gnutls,
  nss,
  botan,
  jsse,
  curl,
  chromium,
  nginxPeer,
  haproxyPeer,
  stunnelPeer,
];
