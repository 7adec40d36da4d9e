// The watcher of nodemon, vite and webpack's dev server. Prints an event a line as JSON: [kind, path below the place].
const place = process.argv[2]
const tell = (...event) => console.log(JSON.stringify(event))
require('chokidar')
  .watch('.', { cwd: place, ignoreInitial: true, usePolling: false })
  .on('all', (kind, path) => tell(kind, path))
  .on('error', (error) => tell('error', String(error)))
  .on('ready', () => tell('ready', ''))
