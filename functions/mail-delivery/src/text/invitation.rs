//! The words of the mails that invite an administrator (R160) and remind of it, in each language.

use onboarding_core::language::Language;

/// The words of the mails that invite an administrator and remind of it.
#[derive(Debug)]
pub(crate) struct InvitationText {
    /// The language of the words (BCP 47).
    pub(crate) language: &'static str,
    /// The colon after a word, with the space that the language sets before it.
    pub(crate) colon: &'static str,
    pub(crate) first: &'static Opening,
    pub(crate) reminder: &'static Opening,
    pub(crate) code: &'static str,
    pub(crate) how: &'static str,
    pub(crate) button: &'static str,
    pub(crate) address: &'static str,
    pub(crate) account: &'static str,
    pub(crate) signs_in_for: &'static str,
    pub(crate) gives: &'static str,
    /// `{until}`
    pub(crate) until: &'static str,
    pub(crate) unexpected: &'static str,
}

/// How one of both mails begins.
#[derive(Debug)]
pub(crate) struct Opening {
    /// `{provider}`, `{enterprise}`
    pub(crate) subject: &'static str,
    pub(crate) heading: &'static str,
    /// `{provider}`, `{enterprise}`
    pub(crate) asks: &'static str,
}

/// The words of an invitation in `language`.
pub(crate) const fn invitation(language: Language) -> &'static InvitationText {
    match language {
        Language::English => &ENGLISH,
        Language::German => &GERMAN,
        Language::Spanish => &SPANISH,
        Language::French => &FRENCH,
    }
}

const ENGLISH: InvitationText = InvitationText {
    language: "en",
    colon: ":",
    first: &Opening {
        subject: "{provider} asks for permissions in the Microsoft tenant of {enterprise}",
        heading: "You are invited to connect your Microsoft tenant",
        asks: "Service Provider {provider} asks you, as Global Administrator, for permissions in the Microsoft tenant of \
               {enterprise}.",
    },
    reminder: &Opening {
        subject: "Reminder: {provider} asks for permissions in the Microsoft tenant of {enterprise}",
        heading: "Your invitation ends soon",
        asks: "Service Provider {provider} has asked you, as Global Administrator, for permissions in the Microsoft tenant of \
                {enterprise}. Some of them are still missing.",
    },
    code: "Invitation Code",
    how: "Copy the code, open the page, and paste it there. The page shows every permission in plain words before you sign in.",
    button: "Complete",
    address: "If the button does not work, open this address:",
    account: "Sign in with a Global Administrator of your organisation. On Microsoft\u{2019}s first screen tick \u{201c}Consent on \
              behalf of your organization\u{201d}, then Accept. You may stop after each screen and go on later with the same link.",
    signs_in_for: "What you sign in with Microsoft for",
    gives: "What our application then gets permissions of its own for",
    until: "Code and link work until {until}.",
    unexpected: "Did you not expect this? Then do nothing: opening the page grants nothing.",
};

const GERMAN: InvitationText = InvitationText {
    language: "de",
    colon: ":",
    first: &Opening {
        subject: "{provider} bittet um Berechtigungen im Microsoft-Mandanten von {enterprise}",
        heading: "Sie sind eingeladen, Ihren Microsoft-Mandanten zu verbinden",
        asks: "Der Dienstanbieter (Service Provider) {provider} bittet Sie als Globalen Administrator um Berechtigungen im \
               Microsoft-Mandanten von {enterprise}.",
    },
    reminder: &Opening {
        subject: "Erinnerung: {provider} bittet um Berechtigungen im Microsoft-Mandanten von {enterprise}",
        heading: "Ihre Einladung l\u{e4}uft bald ab",
        asks: "Der Dienstanbieter (Service Provider) {provider} hat Sie als Globalen Administrator um Berechtigungen im \
                Microsoft-Mandanten von {enterprise} gebeten. Einige davon fehlen noch.",
    },
    code: "Einladungscode",
    how: "Kopieren Sie den Code, \u{f6}ffnen Sie die Seite und f\u{fc}gen Sie ihn dort ein. Die Seite zeigt jede Berechtigung in \
          einfachen Worten, bevor Sie sich anmelden.",
    button: "Abschlie\u{df}en",
    address: "Falls die Schaltfl\u{e4}che nicht funktioniert, \u{f6}ffnen Sie diese Adresse:",
    account: "Melden Sie sich als Globaler Administrator Ihrer Organisation an. Setzen Sie auf der ersten Seite von Microsoft das \
              H\u{e4}kchen bei \u{201e}Zustimmung im Namen Ihrer Organisation\u{201c} und w\u{e4}hlen Sie \u{201e}Akzeptieren\u{201c}. \
              Nach jeder Seite k\u{f6}nnen Sie aufh\u{f6}ren und sp\u{e4}ter mit demselben Link weitermachen.",
    signs_in_for: "Wof\u{fc}r Sie sich bei Microsoft anmelden",
    gives: "Wof\u{fc}r unsere Anwendung danach eigene Berechtigungen erh\u{e4}lt",
    until: "Code und Link gelten bis {until}.",
    unexpected: "Haben Sie das nicht erwartet? Dann tun Sie nichts: Das \u{d6}ffnen der Seite erteilt keine Berechtigung.",
};

const SPANISH: InvitationText = InvitationText {
    language: "es",
    colon: ":",
    first: &Opening {
        subject: "{provider} solicita permisos en el inquilino de Microsoft de {enterprise}",
        heading: "Le invitamos a conectar su inquilino de Microsoft",
        asks: "El proveedor de servicios (Service Provider) {provider} le solicita a usted, en su calidad de administrador \
               global, permisos en el inquilino de Microsoft de {enterprise}.",
    },
    reminder: &Opening {
        subject: "Recordatorio: {provider} solicita permisos en el inquilino de Microsoft de {enterprise}",
        heading: "Su invitaci\u{f3}n caduca pronto",
        asks: "El proveedor de servicios (Service Provider) {provider} le ha solicitado a usted, en su calidad de \
                administrador global, permisos en el inquilino de Microsoft de {enterprise}. Algunos todav\u{ed}a faltan.",
    },
    code: "C\u{f3}digo de invitaci\u{f3}n",
    how: "Copie el c\u{f3}digo, abra la p\u{e1}gina y p\u{e9}guelo all\u{ed}. La p\u{e1}gina muestra cada permiso en palabras \
          sencillas antes de que inicie sesi\u{f3}n.",
    button: "Completar",
    address: "Si el bot\u{f3}n no funciona, abra esta direcci\u{f3}n:",
    account: "Inicie sesi\u{f3}n como administrador global de su organizaci\u{f3}n. En la primera pantalla de Microsoft marque \
              \u{ab}Consentimiento en nombre de la organizaci\u{f3}n\u{bb} y elija Aceptar. Puede detenerse despu\u{e9}s de cada \
              pantalla y continuar m\u{e1}s tarde con el mismo enlace.",
    signs_in_for: "Para qu\u{e9} inicia sesi\u{f3}n en Microsoft",
    gives: "Para qu\u{e9} recibe despu\u{e9}s nuestra aplicaci\u{f3}n sus propios permisos",
    until: "El c\u{f3}digo y el enlace funcionan hasta {until}.",
    unexpected: "\u{bf}No esperaba este mensaje? Entonces no haga nada: abrir la p\u{e1}gina no concede ning\u{fa}n permiso.",
};

const FRENCH: InvitationText = InvitationText {
    language: "fr",
    colon: "\u{a0}:",
    first: &Opening {
        subject: "{provider} demande des autorisations dans le locataire Microsoft de {enterprise}",
        heading: "Invitation \u{e0} connecter votre locataire Microsoft",
        asks: "Le fournisseur de services (Service Provider) {provider} vous demande, \u{e0} vous qui \u{ea}tes administrateur \
               g\u{e9}n\u{e9}ral, des autorisations dans le locataire Microsoft de {enterprise}.",
    },
    reminder: &Opening {
        subject: "Rappel\u{a0}: {provider} demande des autorisations dans le locataire Microsoft de {enterprise}",
        heading: "Votre invitation expire bient\u{f4}t",
        asks: "Le fournisseur de services (Service Provider) {provider} vous a demand\u{e9}, \u{e0} vous qui \u{ea}tes \
                administrateur g\u{e9}n\u{e9}ral, des autorisations dans le locataire Microsoft de {enterprise}. Certaines \
                manquent encore.",
    },
    code: "Code d\u{2019}invitation",
    how: "Copiez le code, ouvrez la page et collez-le. La page pr\u{e9}sente chaque autorisation en mots simples avant votre \
          connexion.",
    button: "Terminer",
    address: "Si le bouton ne fonctionne pas, ouvrez cette adresse\u{a0}:",
    account: "Connectez-vous en tant qu\u{2019}administrateur g\u{e9}n\u{e9}ral de votre organisation. Sur le premier \u{e9}cran de \
              Microsoft, cochez \u{ab}\u{a0}Consentement au nom de votre organisation\u{a0}\u{bb}, puis \
              choisissez \u{ab}\u{a0}Accepter\u{a0}\u{bb}. Vous pouvez vous arr\u{ea}ter apr\u{e8}s chaque \u{e9}cran et \
              reprendre plus tard avec le m\u{ea}me lien.",
    signs_in_for: "\u{c0} quoi sert votre connexion \u{e0} Microsoft",
    gives: "Ce pour quoi notre application re\u{e7}oit ensuite ses propres autorisations",
    until: "Le code et le lien sont valables jusqu\u{2019}au {until}.",
    unexpected: "Vous n\u{2019}attendiez pas ce message\u{a0}? Alors ne faites rien\u{a0}: ouvrir la page n\u{2019}accorde rien.",
};
