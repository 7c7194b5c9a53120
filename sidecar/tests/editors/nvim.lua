-- Boardside in a real Neovim, 0.7 and newer: `cargo xtask editors` runs it, headless, in each.
-- It attaches by the very snippet that README shows. Knows nothing of VS Code.
local LIMIT = 20000

local function say(text)
  io.stdout:write(text .. '\n')
  io.stdout:flush()
end

--- Waits until `ask` answers something, and answers it.
local function wait(what, ask)
  local answer
  local done = vim.wait(LIMIT, function()
    answer = ask()
    return answer
  end, 20)
  assert(done, 'waited for ' .. what)
  return answer
end

local function write(path, text)
  vim.fn.mkdir(vim.fn.fnamemodify(path, ':h'), 'p')
  local file = assert(io.open(path, 'w'))
  file:write(text)
  file:close()
end

-- A virtual board in another process; what it tells are JSON lines.
local Board = {}
Board.__index = Board

function Board.start(link)
  local board = setmetatable({ told = {}, rest = '' }, Board)
  board.job = vim.fn.jobstart({ vim.env.BOARDSIDE_BIN, 'virtual-board', 'unix', '--json', '--unpaced', '--link', link }, {
    on_stdout = function(_, lines)
      lines[1] = board.rest .. lines[1]
      board.rest = table.remove(lines)
      for _, line in ipairs(lines) do table.insert(board.told, vim.fn.json_decode(line)) end
    end,
  })
  board:answer('virtual_board')
  return board
end

function Board:answer(event)
  return wait('the board: ' .. event, function()
    local told = table.remove(self.told, 1)
    return told and told.event == event and told
  end)
end

--- What lies on the flash, read from outside, without Boardside's own.
function Board:files()
  vim.fn.chansend(self.job, 'files\n')
  local files = {}
  for path, text in pairs(self:answer('files').files) do
    if path:sub(-1) ~= '/' and not path:find('^/%.boardside/') then files[path] = text end
  end
  return files
end

--- The code of the README that is marked with this name.
local function snippet(name)
  local readme = table.concat(vim.fn.readfile(vim.env.BOARDSIDE_README or 'README.md'), '\n')
  local code = readme:match('<!%-%- ' .. name .. ':.-%-%->\n```lua\n(.-)\n```')
  return assert(code, 'README has no snippet ' .. name)
end

local tests = {}
local progress, finished, shown, answers = {}, {}, {}, {}
local folder, board, client

--- Runs a command of the sidecar to its end; answers what `boardside/jobDone` told.
local function run(command, fields)
  fields.folder = vim.uri_from_fname(folder)
  local answered
  local params = { command = command, arguments = { fields } }
  client.request('workspace/executeCommand', params, function(error, result)
    assert(not error, vim.inspect(error))
    answered = result.job
  end, 0)
  local job = wait('the job of ' .. command, function() return answered end)
  return wait('the end of ' .. command, function() return finished[job] end)
end

local function edit(name, text)
  write(folder .. '/' .. name, text)
  vim.cmd('edit! ' .. vim.fn.fnameescape(folder .. '/' .. name))
end

tests[1] = { 'a sync by executeCommand puts the files onto the board, with progress', function()
  local done = run('boardside.sync', {})
  assert(done.kind == 'sync' and done.result.added == 2, vim.inspect(done))
  assert(vim.deep_equal(board:files(), { ['/main.py'] = 'print("hello")\n', ['/lib/lights.py'] = 'def show(n):\n    print(n + 1)\n' }))
  wait('the end of the progress', function() return progress['end'] end)
  assert(progress.begin and progress.begin.title, vim.inspect(progress))
end }

tests[2] = { 'a traceback of the board is a diagnostic at its line', function()
  edit('main.py', 'import lights\n\nlights.show(None)\n')
  run('boardside.sync', {})
  vim.cmd('edit ' .. vim.fn.fnameescape(folder .. '/lib/lights.py'))
  run('boardside.softReset', {})
  local found = wait('a diagnostic', function() return vim.diagnostic.get(0)[1] end)
  assert(found.lnum == 1 and found.message:find('TypeError'), vim.inspect(found))
end }

tests[3] = { 'a conflict is asked, and the answer is done', function()
  run('boardside.disconnect', {})
  local board_only = { vim.env.BOARDSIDE_BIN, 'exec', '-d', folder .. '-board', "with open('main.py', 'w') as f: f.write('print(99)')" }
  vim.fn.system(board_only)
  assert(vim.v.shell_error == 0, 'main.py on the board was not changed')
  answers = { 'Overwrite' }
  run('boardside.sync', {})
  local asked = wait('the question', function() return shown[1] end)
  assert(asked.message:find('/main.py', 1, true) and #asked.actions >= 2, vim.inspect(asked))
  wait('the project’s file on the board', function()
    return board:files()['/main.py'] == 'import lights\n\nlights.show(None)\n'
  end)
end }

local function main()
  folder = vim.fn.tempname()
  vim.fn.mkdir(folder, 'p')
  folder = vim.loop.fs_realpath(folder)
  write(folder .. '/main.py', 'print("hello")\n')
  write(folder .. '/lib/lights.py', 'def show(n):\n    print(n + 1)\n')
  board = Board.start(folder .. '-board')
  write(folder .. '/boardside.toml', 'device = "' .. folder .. '-board"\n')
  vim.env.PATH = vim.fn.fnamemodify(vim.env.BOARDSIDE_BIN, ':h') .. ':' .. vim.env.PATH
  vim.env.XDG_CACHE_HOME = folder .. '-cache'
  vim.lsp.handlers['boardside/jobDone'] = function(_, done) finished[done.job] = done end
  vim.lsp.handlers['$/progress'] = function(_, told) progress[told.value.kind] = told.value end
  vim.lsp.handlers['window/showMessageRequest'] = function(_, asked)
    table.insert(shown, asked)
    local wanted = table.remove(answers, 1)
    for _, action in ipairs(asked.actions) do
      if action.title == wanted then return action end
    end
    return vim.NIL
  end
  local recent = vim.fn.has('nvim-0.11') == 1
  assert(load(snippet(recent and 'neovim 0.11' or 'neovim 0.7')))()
  vim.cmd('filetype on')
  vim.cmd('edit ' .. vim.fn.fnameescape(folder .. '/main.py'))
  if vim.bo.filetype == '' then vim.bo.filetype = 'python' end
  client = wait('the client', function()
    for _, one in pairs((vim.lsp.get_clients or vim.lsp.get_active_clients)()) do
      if one.name == 'boardside' and (one.initialized or one.server_capabilities) then return one end
    end
  end)
  if recent then -- methods instead of functions
    local methods = client
    client = { request = function(...) return methods:request(...) end, stop = function() methods:stop() end }
  end
  local version = vim.version()
  say(('Neovim %d.%d.%d'):format(version.major, version.minor, version.patch))
  local failed = 0
  for _, test in ipairs(tests) do
    local ok, why = xpcall(test[2], debug.traceback)
    say((ok and 'ok      ' or 'FAILED  ') .. test[1] .. (ok and '' or '\n' .. tostring(why)))
    failed = failed + (ok and 0 or 1)
  end
  client.stop()
  vim.fn.jobstop(board.job)
  return failed
end

local ok, failed = xpcall(main, debug.traceback)
if not ok then say(tostring(failed)) end
if ok and failed == 0 then vim.cmd('qa!') else vim.cmd('cquit 1') end
