// Hello from Node. How long it is up is put into words by a package that lies in node_modules/.

const http = require('node:http')
const ms = require('ms')

const server = http.createServer((request, response) => {
  response.setHeader('Content-Type', 'text/plain')
  response.end(`Hello from Node, up ${ms(Math.round(process.uptime()) * 1000)}\n`)
})

process.on('SIGTERM', () => process.exit())
server.listen(process.env.PORT, () => console.log(`listening on ${server.address().port}`))
