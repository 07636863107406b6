//! Modules and their kernels.

use crate::codes::{Code, Result};
use crate::kernels::Kernel;
use crate::ptx::Ptx;
use crate::reserve;
use crate::state::State;

/// A loaded module.
#[derive(Debug)]
pub(crate) struct Module {
    context: usize,
    entries: Vec<String>,
}

/// A kernel of a module.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub(crate) context: usize,
    pub(crate) name: String,
    /// `None` for kernels that do not run here.
    pub(crate) kernel: Option<Kernel>,
}

impl State {
    /// `cuModuleLoadDataEx` of a text; the error comes with the line of the log.
    pub(crate) fn load_module(&mut self, text: &str) -> std::result::Result<usize, (Code, String)> {
        let context = self.context().map_err(|code| (code, String::new()))?;
        let ptx = Ptx::read(text)?;
        ptx.check(self.config.version)?;
        let handle = reserve::handle();
        let module = Module {
            context,
            entries: ptx.entries,
        };
        self.modules.insert(handle, module);
        Ok(handle)
    }

    /// `cuModuleUnload`.
    pub(crate) fn unload_module(&mut self, handle: usize) -> Result<()> {
        if self.modules.remove(&handle).is_none() {
            self.violate("dead-handle", format!("{handle:#x} is not a module"));
            return Err(Code::INVALID_HANDLE);
        }
        Ok(())
    }

    /// `cuModuleGetFunction`.
    pub(crate) fn module_function(&mut self, module: usize, name: &str) -> Result<usize> {
        let Some(found) = self.modules.get(&module) else {
            self.violate("dead-handle", format!("{module:#x} is not a module"));
            return Err(Code::INVALID_HANDLE);
        };
        if !found.entries.iter().any(|entry| entry == name) {
            return Err(Code::NOT_FOUND);
        }
        let function = Function {
            context: found.context,
            name: name.to_owned(),
            kernel: Kernel::named(name),
        };
        let handle = reserve::handle();
        self.functions.insert(handle, function);
        Ok(handle)
    }

    /// The kernel of a launch in the current context.
    pub(crate) fn kernel(&mut self, handle: usize) -> Result<Kernel> {
        let Some(function) = self.functions.get(&handle).cloned() else {
            self.violate("dead-handle", format!("{handle:#x} is not a kernel"));
            return Err(Code::INVALID_HANDLE);
        };
        if function.context != self.context()? {
            self.violate(
                "misuse",
                "the kernel belongs to another context than the current one",
            );
            return Err(Code::INVALID_HANDLE);
        }
        if function.kernel.is_none() {
            let name = function.name;
            self.violate("misuse", format!("the kernel {name} cannot run here"));
        }
        function.kernel.ok_or(Code::INVALID_VALUE)
    }
}
