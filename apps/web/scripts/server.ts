import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createServer, type Plugin, type ViteDevServer } from 'vite';

/** Cross-origin isolation, without which a page has no SharedArrayBuffer. */
const HEADERS = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

/** Serves the page on the loopback interface, and the files at these paths, such as `/guest/kernel`. */
export async function serve(port: number, files: Readonly<Record<string, string>>): Promise<ViteDevServer> {
  const server = await createServer({
    configFile: false,
    // What is not there is not the page.
    appType: 'mpa',
    root: fileURLToPath(new URL('..', import.meta.url)),
    cacheDir: fileURLToPath(new URL('../../../node_modules/.vite-web', import.meta.url)),
    resolve: { conditions: ['@polyvisor/source'] },
    optimizeDeps: { include: ['@xterm/xterm'], entries: ['index.html', 'src/machine-worker.ts'] },
    worker: { format: 'es' },
    server: { host: '127.0.0.1', port, headers: HEADERS, fs: { allow: [fileURLToPath(new URL('../../..', import.meta.url))] } },
    logLevel: 'warn',
    plugins: [guestFiles(files)],
  });
  return server.listen();
}

function guestFiles(files: Readonly<Record<string, string>>): Plugin {
  return {
    name: 'guest-files',
    configureServer({ middlewares }) {
      middlewares.use((request, response, next) => {
        const file = files[request.url ?? ''];
        if (file === undefined || !existsSync(file)) {
          next();
          return;
        }
        response.setHeader('Content-Type', 'application/octet-stream');
        response.end(readFileSync(file));
      });
    },
  };
}
