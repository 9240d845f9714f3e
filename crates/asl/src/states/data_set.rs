use std::sync::Arc;

use serde_json::{Value, json};

use crate::Payload;
use crate::definition::{DefinitionError, Fields, QueryLanguage, Resource};
use crate::evaluation::Place;
use crate::failure::Failure;
use crate::flow::Visit;
use crate::template::Template;

/// Where a distributed Map reads its items, or writes its results: an `ItemReader` or a `ResultWriter`.
#[derive(Debug)]
pub struct DataSet {
    pub resource: Arc<Resource>,
    pub parameters: Option<Template>,
    /// `ReaderConfig` or `WriterConfig`.
    pub config: Option<Template>,
    /// The name of the field.
    field: &'static str,
}

/// What a [`DataSet`] comes to.
#[derive(Clone, Debug)]
pub struct DataRequest {
    pub(crate) resource: Arc<Resource>,
    pub(crate) parameters: Payload,
    pub(crate) config: Arc<Value>,
}

impl DataSet {
    pub(super) fn parse(
        fields: &Fields,
        field: &'static str,
        config: &'static str,
    ) -> Result<Option<Self>, DefinitionError> {
        let Some(value) = fields.get(field) else {
            return Ok(None);
        };
        let data = fields.child(field, value)?;
        let parameters = match data.language {
            QueryLanguage::JsonPath => "Parameters",
            QueryLanguage::Jsonata => "Arguments",
        };
        Ok(Some(Self {
            resource: Arc::new(Resource::parse(
                data.string("Resource")?.unwrap_or_default(),
            )),
            parameters: data.template(parameters)?,
            config: data.template(config)?,
            field,
        }))
    }

    pub(crate) fn request(
        &self,
        visit: Visit,
        effective: &Payload,
    ) -> Result<DataRequest, Failure> {
        let evaluation = visit.evaluation(effective);
        let place = Place::field(self.field);
        let evaluated = |template: &Option<Template>, field| match template {
            Some(template) => evaluation.template(template, place.inner(field)),
            None => Ok(json!({})),
        };
        Ok(DataRequest {
            resource: Arc::clone(&self.resource),
            parameters: evaluated(&self.parameters, "Arguments")?.into(),
            config: Arc::new(evaluated(&self.config, "Config")?),
        })
    }
}

impl DataRequest {
    /// The URI of the object that is read, or of the bucket whose objects are listed.
    pub(crate) fn source(&self) -> Arc<str> {
        let text = |member: &str| self.parameters.value()[member].as_str();
        let bucket = text("Bucket").unwrap_or_default();
        match text("Key") {
            Some(key) => format!("s3://{bucket}/{key}").into(),
            None => format!("s3://{bucket}").into(),
        }
    }
}
