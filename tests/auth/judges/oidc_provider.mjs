// A certified OpenID provider of independent make, as a judge of how syncdoctor signs in.
//
// usage: node oidc_provider.mjs REDIRECT_URI SECRET
// One line of JSON with its URLs is printed once it listens; it ends when its input does.

import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const [redirectUri, secret] = process.argv.slice(2);
const scopes = ['offline_access', 'accounting'];
const common = {
  grant_types: [
    'authorization_code',
    'refresh_token',
    'urn:ietf:params:oauth:grant-type:device_code',
  ],
  response_types: ['code'],
  scope: scopes.join(' '),
};

const configuration = {
  clients: [
    { ...common, client_id: 'basic', client_secret: secret, redirect_uris: [redirectUri] },
    {
      ...common,
      client_id: 'body',
      client_secret: secret,
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: 'client_secret_post',
    },
    {
      ...common,
      client_id: 'public',
      application_type: 'native', // any port of the loopback address: RFC 8252 section 7.3
      redirect_uris: ['http://127.0.0.1/callback'],
      token_endpoint_auth_method: 'none',
    },
  ],
  features: {
    deviceFlow: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    revocation: { enabled: true },
  },
  issueRefreshToken: () => true,
  pkce: { required: () => true },
  rotateRefreshToken: true,
  scopes,
  ttl: { AccessToken: 1800, DeviceCode: 60, RefreshToken: 3600, Session: 3600, Grant: 3600 },
};

// Xero's answer to "which organisations may this token see", so that the command line can ask.
function connections(provider) {
  return async (ctx, next) => {
    if (ctx.path !== '/connections') {
      await next();
      return;
    }
    const bearer = (ctx.get('authorization') ?? '').replace(/^Bearer /, '');
    if ((await provider.AccessToken.find(bearer)) === undefined) {
      ctx.status = 401;
      ctx.body = { Title: 'Unauthorized', Status: 401, Detail: 'AuthenticationUnsuccessful' };
      return;
    }
    ctx.body = [
      { id: 'link-1', tenantId: 'tenant-1', tenantName: 'Judged Ltd', tenantType: 'ORGANISATION' },
    ];
  };
}

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, configuration);
  provider.use(connections(provider));
  server.on('request', provider.callback());
  const urls = {
    authorize: `${issuer}/auth`,
    token: `${issuer}/token`,
    revoke: `${issuer}/token/revocation`,
    device: `${issuer}/device/auth`,
    introspect: `${issuer}/token/introspection`,
    connections: `${issuer}/connections`,
  };
  process.stdout.write(`${JSON.stringify(urls)}\n`);
});
process.stdin.on('end', () => process.exit(0)).resume();
