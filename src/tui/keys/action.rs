//! The one table of actions: it feeds the key bindings, the footer, help, the palette and
//! `docs/keys.md`.

/// Where an action belongs in help and documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    Move,
    Ask,
    Matrix,
    Paths,
    Troubleshoot,
    Places,
    Collecting,
    Program,
}

impl Group {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Move => "Moving",
            Self::Ask => "What is under the cursor",
            Self::Matrix => "Matrix",
            Self::Paths => "Paths",
            Self::Troubleshoot => "Troubleshoot",
            Self::Places => "Places",
            Self::Collecting => "Collecting",
            Self::Program => "Program",
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ActionInfo {
    pub(crate) action: Action,
    /// The name in the keymap.
    pub(crate) id: &'static str,
    /// A word or two, for the footer.
    pub(crate) title: &'static str,
    /// A sentence, for help and documentation.
    pub(crate) description: &'static str,
    pub(crate) group: Group,
}

macro_rules! actions {
    ($($group:ident { $($variant:ident $id:literal $title:literal $description:literal)* })*) => {
        /// Something that a key can do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) enum Action { $($($variant,)*)* }

        impl Action {
            /// The table, in the order of help and documentation.
            pub(crate) const TABLE: &'static [ActionInfo] = &[$($(ActionInfo {
                action: Self::$variant,
                id: $id,
                title: $title,
                description: $description,
                group: Group::$group,
            },)*)*];
        }
    };
}

actions! {
    Ask {
        Open "open" "open" "Opens what is under the cursor: unfolds, shows its detail, follows a row"
        GoTo "go-to" "go to" "Shows what the row is about in the tree"
        Why "why" "why" "Says why: verdict, each layer with its statements, near misses, requirements"
        ReachFrom "reach-from" "reach from here" "Lists what can be reached from it"
        ReachedBy "reached-by" "who reaches this" "Lists who can end up holding it"
        Probe "probe" "probe live" "Tries the path live, hop by hop, after asking"
        Copy "copy" "copy" "Copies its selector, ARN or text to the clipboard (OSC 52)"
        Reread "reread" "read again" "Reads its account again, after asking; everything else is taken over"
        Export "export" "export" "Writes the path report as Markdown"
        Filter "filter" "filter" "Keeps only the rows that contain a text; in the matrix `rows > columns`, texts or selectors"
        Suppose "suppose" "what if" "States something of every call, such as MFA or a network, for all screens"
    }
    Move {
        Up "up" "up" "Moves up"
        Down "down" "down" "Moves down"
        Left "left" "left" "Moves left; in the tree, folds or goes to the parent"
        Right "right" "right" "Moves right; in the tree, unfolds"
        PageUp "page-up" "page up" "Moves up by a screen"
        PageDown "page-down" "page down" "Moves down by a screen"
        Top "top" "top" "Moves to the first row"
        Bottom "bottom" "bottom" "Moves to the last row"
        FoldAll "fold-all" "fold all" "Folds the whole tree; in the matrix, all groups"
        UnfoldAll "unfold-all" "unfold" "Unfolds everything below the cursor; in the matrix, all groups"
    }
    Matrix {
        Phase "phase" "plan/apply" "Changes the phase: what plans or what applies can do"
        Show "show" "show" "Changes what is shown: permitted, configured, or where the two differ"
        Sort "sort" "sort" "Sorts rows and columns by project, OU and name, or worst first"
        Group "group" "group" "Puts rows in projects and columns in OUs, or not"
        FoldRows "fold-rows" "project" "Opens or closes the project at the cursor"
        FoldColumns "fold-columns" "OU" "Opens or closes the OU at the cursor"
        Legend "legend" "legend" "Says what the marks of the matrix mean"
    }
    Paths {
        NextPath "next-path" "next path" "Shows the next path"
        PreviousPath "previous-path" "previous path" "Shows the path before"
        EditFrom "edit-from" "from" "Chooses where the path starts"
        EditTo "edit-to" "to" "Chooses where the path ends"
        Swap "swap" "swap" "Exchanges the two ends"
    }
    Troubleshoot {
        EditText "edit-text" "type" "Types the text by hand; esc ends it"
        NameCaller "name-caller" "caller" "Chooses who called, where the text does not say"
        NameRole "name-role" "role" "Chooses the role that was called, where the text does not say"
        ClearText "clear-text" "clear" "Forgets the text, and who called which role"
    }
    Places {
        ScreenOrganization "screen-organization" "organization" "Goes to the organization"
        ScreenMatrix "screen-matrix" "matrix" "Goes to the matrix of workspaces and accounts"
        ScreenPaths "screen-paths" "paths" "Goes to the paths"
        ScreenTroubleshoot "screen-troubleshoot" "troubleshoot" "Goes to the explanation of a pasted error"
        ScreenProbes "screen-probes" "probes" "Goes to the list of probes"
        ScreenCollecting "screen-collecting" "collecting" "Goes to the crawl that runs, or ran last, and its accounts"
        Topology "topology" "topology" "Shows how tokens get in: per account, per hub role, per design"
        Back "back" "back" "Closes what is open, or goes back to where you were"
        PlaceBack "place-back" "place before" "Goes back in the history of places"
        PlaceForward "place-forward" "place after" "Goes forward in the history of places"
        NextPane "next-pane" "pane" "Changes the pane"
        Zoom "zoom" "zoom" "Gives the pane the whole screen, and back"
    }
    Collecting {
        Collect "collect" "collect" "Reads the organization and its accounts, after asking; while they are read, shows them"
        CollectMissing "collect-missing" "collect the rest" "Goes on with the newest crawl where it was not completed, after asking"
        StopCollecting "stop-collecting" "stop" "Ends the crawl when the accounts in hand are read; what was read is kept"
        Import "import" "import" "Reads a dump directory, while there is no snapshot"
        Demo "demo" "demo" "Shows the sample organization, while there is no snapshot"
    }
    Program {
        Help "help" "help" "Shows, and runs, what can be done here"
        Palette "palette" "anything" "Reaches every action and every thing by name"
        Redraw "redraw" "redraw" "Draws the screen anew"
        Suspend "suspend" "suspend" "Leaves to the shell; `fg` comes back"
        Quit "quit" "quit" "Leaves rolewalk"
    }
}

impl Action {
    pub(crate) fn info(self) -> Option<&'static ActionInfo> {
        Self::TABLE.iter().find(|info| info.action == self)
    }

    pub(crate) fn title(self) -> &'static str {
        self.info().map_or("", |info| info.title)
    }

    /// How far and in which direction it moves a cursor in a list of `length` rows, if it does.
    pub(crate) fn moved(self, cursor: usize, length: usize, page: usize) -> Option<usize> {
        let last = length.saturating_sub(1);
        let page = page.max(1);
        let to = match self {
            Self::Up => cursor.saturating_sub(1),
            Self::Down => cursor.saturating_add(1),
            Self::PageUp => cursor.saturating_sub(page),
            Self::PageDown => cursor.saturating_add(page),
            Self::Top => 0,
            Self::Bottom => last,
            _ => return None,
        };
        Some(to.min(last))
    }
}
