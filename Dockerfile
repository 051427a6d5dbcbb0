# n8n with this package, from the tarball that npm pack makes.
FROM n8nio/n8n:2.41.1
COPY --chown=node:node n8n-nodes-nexconn-*.tgz /tmp/package.tgz
RUN mkdir -p /home/node/.n8n/nodes \
  && cd /home/node/.n8n/nodes \
  && npm install --ignore-scripts --install-strategy=shallow --legacy-peer-deps /tmp/package.tgz
