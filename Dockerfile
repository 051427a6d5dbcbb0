# n8n with this package, from the tarball that npm pack makes or a release has.
FROM n8nio/n8n:2.48.5
# From version 3 on, n8n installs packages that it has not verified only where this is set.
ENV N8N_UNVERIFIED_PACKAGES_ENABLED=true
COPY --chown=node:node n8n-nodes-nexconn-*.tgz /tmp/package.tgz
RUN mkdir -p /home/node/.n8n/nodes \
  && cd /home/node/.n8n/nodes \
  && npm install --ignore-scripts --install-strategy=shallow --legacy-peer-deps /tmp/package.tgz
