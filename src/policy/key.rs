//! Condition keys by name.

/// Declares the keys whose names are fixed.
macro_rules! keys {
    ($($variant:ident $text:literal),+ $(,)?) => {
        /// A condition key of the global ones, of STS, or of a family with names of its own.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Key {
            $(
                #[doc = concat!("`", $text, "`.")]
                $variant,
            )+
            /// `aws:PrincipalTag/…`.
            PrincipalTag,
            /// `aws:RequestTag/…`.
            RequestTag,
            /// `aws:ResourceTag/…` or `iam:ResourceTag/…`.
            ResourceTag,
            /// `sts:RequestContext/…`.
            RequestContext,
            /// Another attribute of a SAML assertion.
            SamlAttribute,
            /// Something that AWS's compute services put into a role's session.
            Compute,
            /// A claim of a token: an issuer, a colon, a name.
            Claim,
            /// A key of a service that has no part in assuming roles.
            Foreign,
            /// Any other.
            Other,
        }

        fn fixed(lower: &str) -> Option<Key> {
            match lower {
                $($text => Some(Key::$variant),)+
                _ => None,
            }
        }
    };
}

keys! {
    CalledVia "aws:calledvia",
    CalledViaFirst "aws:calledviafirst",
    CalledViaLast "aws:calledvialast",
    CurrentTime "aws:currenttime",
    Ec2InstanceSourcePrivateIPv4 "aws:ec2instancesourceprivateipv4",
    Ec2InstanceSourceVpc "aws:ec2instancesourcevpc",
    EpochTime "aws:epochtime",
    FederatedProvider "aws:federatedprovider",
    MultiFactorAuthAge "aws:multifactorauthage",
    MultiFactorAuthPresent "aws:multifactorauthpresent",
    PrincipalAccount "aws:principalaccount",
    PrincipalArn "aws:principalarn",
    PrincipalIsAwsService "aws:principalisawsservice",
    PrincipalOrgId "aws:principalorgid",
    PrincipalOrgPaths "aws:principalorgpaths",
    PrincipalServiceName "aws:principalservicename",
    PrincipalServiceNamesList "aws:principalservicenameslist",
    PrincipalType "aws:principaltype",
    Referer "aws:referer",
    RequestedRegion "aws:requestedregion",
    ResourceAccount "aws:resourceaccount",
    ResourceOrgId "aws:resourceorgid",
    ResourceOrgPaths "aws:resourceorgpaths",
    SecureTransport "aws:securetransport",
    SourceAccount "aws:sourceaccount",
    SourceArn "aws:sourcearn",
    SourceIdentity "aws:sourceidentity",
    SourceIp "aws:sourceip",
    SourceOrgId "aws:sourceorgid",
    SourceOrgPaths "aws:sourceorgpaths",
    SourceVpc "aws:sourcevpc",
    SourceVpcArn "aws:sourcevpcarn",
    SourceVpce "aws:sourcevpce",
    TagKeys "aws:tagkeys",
    TokenIssueTime "aws:tokenissuetime",
    UserAgent "aws:useragent",
    UserId "aws:userid",
    UserName "aws:username",
    ViaAwsService "aws:viaawsservice",
    VpcSourceIp "aws:vpcsourceip",
    VpceAccount "aws:vpceaccount",
    VpceOrgId "aws:vpceorgid",
    VpceOrgPaths "aws:vpceorgpaths",
    StsAwsServiceName "sts:awsservicename",
    StsDurationSeconds "sts:durationseconds",
    StsExternalId "sts:externalid",
    StsRequestContextProviders "sts:requestcontextproviders",
    StsRoleAuthorizedByIdp "sts:roleauthorizedbyidp",
    StsRoleSessionName "sts:rolesessionname",
    StsSourceIdentity "sts:sourceidentity",
    StsTransitiveTagKeys "sts:transitivetagkeys",
    SamlAud "saml:aud",
    SamlDoc "saml:doc",
    SamlIss "saml:iss",
    SamlNameQualifier "saml:namequalifier",
    SamlSub "saml:sub",
    SamlSubType "saml:sub_type",
}

/// Services whose keys are never part of a call that assumes a role.
const FOREIGN: [&str; 26] = [
    "acm",
    "apigateway",
    "autoscaling",
    "cloudformation",
    "cloudwatch",
    "dynamodb",
    "ec2",
    "ecr",
    "ecs",
    "eks",
    "elasticloadbalancing",
    "events",
    "glue",
    "iam",
    "kms",
    "lambda",
    "logs",
    "organizations",
    "rds",
    "route53",
    "s3",
    "sagemaker",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
];

impl Key {
    /// The key that a name in lower case means.
    pub fn of(lower: &str) -> Self {
        if let Some(key) = fixed(lower) {
            return key;
        }
        let Some((prefix, rest)) = lower.split_once(':') else { return Self::Other };
        match (prefix, rest) {
            ("aws", _) if rest.starts_with("principaltag/") => Self::PrincipalTag,
            ("aws", _) if rest.starts_with("requesttag/") => Self::RequestTag,
            ("aws" | "iam", _) if rest.starts_with("resourcetag/") => Self::ResourceTag,
            ("sts", _) if rest.starts_with("requestcontext/") => Self::RequestContext,
            ("saml", _) => Self::SamlAttribute,
            ("ec2", "sourceinstancearn" | "instanceid" | "roledelivery")
            | ("lambda", "sourcefunctionarn")
            | ("ssm", "sourceinstancearn")
            | ("glue", "roleassumedby" | "credentialissuingservice") => Self::Compute,
            _ if FOREIGN.contains(&prefix) => Self::Foreign,
            _ if lower.contains('.') => Self::Claim,
            _ => Self::Other,
        }
    }

    /// Whether the key is filled in from a SAML assertion.
    pub fn is_saml(self) -> bool {
        matches!(
            self,
            Self::SamlAttribute
                | Self::SamlAud
                | Self::SamlDoc
                | Self::SamlIss
                | Self::SamlNameQualifier
                | Self::SamlSub
                | Self::SamlSubType
        )
    }

    /// Whether the key takes several values.
    pub fn several(self, lower: &str) -> bool {
        match self {
            Self::PrincipalOrgPaths
            | Self::SourceOrgPaths
            | Self::ResourceOrgPaths
            | Self::TagKeys
            | Self::StsTransitiveTagKeys
            | Self::StsRequestContextProviders
            | Self::CalledVia
            | Self::PrincipalServiceNamesList => true,
            Self::Claim => lower.ends_with(":amr"),
            _ => false,
        }
    }

    /// Whether the key takes one value or several, depending on who sends it: attributes of a
    /// SAML assertion other than those that AWS itself fills in.
    pub fn may_be_several(self) -> bool {
        matches!(self, Self::SamlAttribute | Self::VpceOrgPaths)
    }
}

/// A condition key with its name in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyName<'k> {
    /// Which one it is.
    pub key: Key,
    /// The whole name.
    pub lower: &'k str,
}

impl<'k> KeyName<'k> {
    /// The key that a name in lower case means.
    pub fn of(lower: &'k str) -> Self {
        Self { key: Key::of(lower), lower }
    }

    /// What stands behind the slash: the key of a tag.
    pub fn behind_slash(self) -> &'k str {
        self.lower.split_once('/').map_or("", |(_, behind)| behind)
    }

    /// Whether the key takes several values.
    pub fn several(self) -> bool {
        self.key.several(self.lower)
    }
}
